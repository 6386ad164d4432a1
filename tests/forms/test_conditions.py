"""Conditions and computed fields, with form-js's meaning and our changes to it."""

from __future__ import annotations

from typing import Any

import pytest

from service.forms import enter
from tests.forms.desk import codes, compiled_of, example, number, rows, send, text


def shown(condition: str, data: list[tuple[str, str]], *more: dict[str, Any]) -> bool:
    compiled = compiled_of(number("a"), *more, text("t", conditional={"hide": condition}))
    return "t" in send(compiled, [*data, ("t", "x")]).data


@pytest.mark.parametrize(
    ("condition", "value", "visible"),
    [
        ("=a > 3", "4", False),
        ("=a > 3", "2", True),
        ("=a > 3", "", False),  # null hides, as in form-js
        ("=not(a > 3)", "", True),  # an outer not() negates the test
        ("=not(a > 3)", "2", False),
        ("=not(a > 3)", "4", True),
        ("=a = null", "", False),
        ("=a = null", "1", True),
        ("=a", "1", True),  # neither true nor null
        ("=not(a in (1, 2)) or a = null", "1", True),
        ('=case.number = "SB1"', "1", False),
        ("=task.nothing = 1", "1", True),
        ("=upper case(a)", "1", False),  # what fails is null
    ],
)
def test_a_condition_holds_when_it_is_true_or_null(condition: str, value: str, visible: bool) -> None:
    assert shown(condition, [("a", value)]) == visible


def test_hidden_is_empty_for_every_other_condition() -> None:
    compiled = compiled_of(
        {"type": "checkbox", "key": "off"},
        text("inner", conditional={"hide": "=off"}, defaultValue="first"),
        text("outer", conditional={"hide": '=inner = "first"'}),
    )
    assert "outer" not in send(compiled, [("inner", "first")]).data
    assert send(compiled, [("off", "true"), ("inner", "first"), ("outer", "x")]).data == {"off": True, "outer": "x"}


def test_a_hidden_group_takes_all_beneath() -> None:
    group = {"type": "group", "path": "g", "label": "g", "components": [text("x", validate={"required": True})]}
    compiled = compiled_of({"type": "checkbox", "key": "off"}, {**group, "conditional": {"hide": "=off"}})
    assert send(compiled, [("off", "true"), ("g.x", "1")]).data == {"off": True}
    assert codes(send(compiled, []), "g.x") == {"required"}


def test_a_row_sees_itself_its_parent_and_its_number() -> None:
    compiled = compiled_of(
        text("name"),
        rows(
            "outer",
            text("name"),
            text("second", conditional={"hide": "=i[1] = 1"}),
            text("mine", conditional={"hide": '=this.name = "x"'}),
            text("root", conditional={"hide": '=name = "r"'}),
            rows("inner", text("a"), text("b", conditional={"hide": '=parent.name = "x" or i[2] = 2'})),
        ),
    )
    pairs = [("name", "r")]
    for outer, name in enumerate("xy"):
        pairs += [(f"outer[{outer}].{key}", "v") for key in ("second", "mine", "root")]
        pairs += [(f"outer[{outer}].name", name)]
        pairs += [(f"outer[{outer}].inner[{inner}].{key}", "v") for inner in (0, 1) for key in "ab"]
    first, second = send(compiled, pairs).data["outer"]
    assert first == {"name": "x", "inner": [{"a": "v"}, {"a": "v"}]}
    assert second == {"name": "y", "second": "v", "mine": "v", "inner": [{"a": "v", "b": "v"}, {"a": "v"}]}


def test_a_row_with_nothing_visible_is_an_empty_object() -> None:
    compiled = compiled_of(rows("list", text("a", conditional={"hide": "=true"})))
    assert send(compiled, [("list[0]._row", "1"), ("list[1]._row", "1")]).data == {"list": [{}, {}]}


def test_computed_fields_feed_one_another() -> None:
    compiled = compiled_of(
        number("a"),
        {"type": "expression", "key": "sum", "expression": "=total * 2"},
        {"type": "expression", "key": "total", "expression": "=a + 1"},
        {"type": "expression", "key": "shut", "expression": "=1", "conditional": {"hide": "=sum = 8"}},
        {"type": "expression", "key": "late", "expression": "=sum + 1", "computeOn": "presubmit"},
    )
    assert send(compiled, [("a", "3")]).data == {"a": 3, "sum": 8, "total": 4, "late": 9}
    draft, _ = enter(compiled, [("a", "3")], stored={}, roles=(), variables={})
    assert (draft["total"], draft["late"]) == (4, None)


def test_a_computed_field_may_not_be_sent_even_where_it_is_hidden() -> None:
    compiled = compiled_of({"type": "expression", "key": "e", "expression": "=1", "conditional": {"hide": "=true"}})
    assert codes(send(compiled, [("e", "2")]), "e") == {"unknown"}


def test_a_read_only_condition_reads_the_case() -> None:
    compiled = compiled_of(text("a", readonly='=case.number = "SB1"', defaultValue="d"))
    assert send(compiled, [("a", "x")]).data == {"a": "d"}
    assert send(compiled, [("a", "x")], variables={"case": {"number": "SB2"}}).data == {"a": "x"}


def test_what_the_compiled_form_reads_and_what_drives_its_page() -> None:
    compiled = compiled_of(
        text("a"),
        text("b", conditional={"hide": '=a = "x" and case.declaration.kind = "y"'}),
        {"type": "select", "key": "c", "valuesKey": "lookup.expert_pool"},
        {"type": "text", "text": "{{lookup.today}} {{case.title}}"},
        rows("list", text("k"), text("m", conditional={"hide": '=this.k = "x"'})),
    )
    assert compiled.paths == {
        ("case", "declaration", "kind"),
        ("case", "title"),
        ("lookup", "expert_pool"),
        ("lookup", "today"),
    }
    assert compiled.driving == {"n_a", "n_list_k"}


def test_the_file_fields_and_the_classes_by_name() -> None:
    assert set(example().file_fields) == {
        "approval.file",
        "members[].authorisation",
        "files.charter",
        "files.agreement",
    }
    assert example().classification["lead.contact_mobile"] == "personal"
    assert example().classification["members[].name"] == "public"


def test_the_torture_form_answers_as_form_js_does() -> None:
    pairs = [
        ("a", ""),
        ("b", "2"),
        ("t", "abc"),
        ("u", "long"),
        ("rows[0]._row", "1"),
        ("rows[0].n", "a"),
        ("g.h.t", "x@y.cn"),
    ]
    data = send(example("torture"), pairs).data
    assert "t" not in data  # hide "=a > 3" with an empty `a`
    assert data["u"] == "long"  # hide "=not(a > 3)"
    assert data["rows"][0]["n"] == "a"
