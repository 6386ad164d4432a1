"""Every bound of limits.py, met and passed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.domain.errors import DeploymentRefused
from service.forms import check_form, limits, read_form, take
from service.forms.expressions import Evaluator, Formulas
from service.forms.places import parse_name
from tests.forms.desk import TODAY, codes, compiled_of, form_of, rows, send, text


def nested(depth: int) -> dict[str, Any]:
    component: dict[str, Any] = text("a", id="a", label="a")
    for level in range(depth):
        component = {"type": "group", "id": f"g{level}", "label": "g", "components": [component]}
    return component


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(DeploymentRefused) as refused:
        read_form(json.dumps(raw), file="a.form")
    return refused.value.problems[0].code


def test_a_file_has_a_size_a_depth_and_a_number_of_components() -> None:
    base = {"type": "default", "id": "f", "schemaVersion": 19}
    assert refusal({**base, "components": [{"type": "text", "text": "x" * limits.FILE_BYTES}]}) == "too-large"
    assert refusal({**base, "components": [nested(limits.DEPTH)]}) == "too-large"
    assert refusal({**base, "components": [{"type": "separator"}] * limits.COMPONENTS}) == "too-large"
    form_of(nested(limits.DEPTH - 1))


def test_lists_nest_only_so_deep() -> None:
    inner = text("x")
    for level in range(limits.NESTED_LISTS):
        inner = rows(f"l{level}", inner)
    assert check_form(form_of(inner), roles=()) == []
    assert "too-deep" in {p.code for p in check_form(form_of(rows("more", inner)), roles=())}


def test_a_request_has_a_number_of_fields() -> None:
    taken = send(compiled_of(text("a")), [("a", "x")] * (limits.PAIRS + 1))
    assert "too-many" in {p.code for p in taken.problems}
    assert send(compiled_of(text("a")), [("a", "x")] * limits.PAIRS).problems == ()


def test_a_name_has_a_length_and_a_highest_row() -> None:
    assert parse_name("a" * limits.NAME_CHARACTERS)
    assert parse_name("a" * (limits.NAME_CHARACTERS + 1)) == ()
    assert parse_name(f"a[{limits.ROW_NUMBER}].b") == ("a", limits.ROW_NUMBER, "b")
    assert parse_name(f"a[{limits.ROW_NUMBER + 1}].b") == ()


def test_a_long_unknown_name_is_told_in_short() -> None:
    told = send(compiled_of(text("a")), [("x" * 5000, "1")]).problems[0]
    assert len(told.zh) < 200


def test_a_list_has_a_number_of_rows() -> None:
    compiled = compiled_of(rows("list", text("a")))
    full = [(f"list[{number}].a", "x") for number in range(limits.ROWS)]
    assert send(compiled, full).problems == ()
    assert codes(send(compiled, [*full, ("list[9999].a", "x")]), "list") == {"max-items"}


def test_texts_have_a_length_where_the_form_names_none() -> None:
    compiled = compiled_of(text("a"), {"type": "textarea", "key": "b"})
    field, area = limits.FIELD_CHARACTERS, limits.AREA_CHARACTERS
    assert send(compiled, [("a", "长" * field), ("b", "长" * area)]).problems == ()
    over = send(compiled, [("a", "长" * (field + 1)), ("b", "长" * (area + 1))])
    assert codes(over, "a") == codes(over, "b") == {"max-length"}


def test_a_field_takes_a_number_of_files_and_choices() -> None:
    files = [f"att-{number:04}" for number in range(limits.FILES + 1)]
    compiled = compiled_of({"type": "filepicker", "key": "f", "multiple": True})
    assert send(compiled, [("f", code) for code in files[1:]], attachments=files).problems == ()
    assert codes(send(compiled, [("f", code) for code in files], attachments=files), "f") == {"max-items"}
    many = [str(number) for number in range(limits.CHOICES + 1)]
    compiled = compiled_of({"type": "taglist", "key": "c", "valuesKey": "task.all"})
    taken = send(compiled, [("c", value) for value in many], variables={"task": {"all": many}})
    assert codes(taken, "c") == {"max-items", "option"}


@pytest.mark.parametrize(("count", "code"), [(2, {"min-items"}), (3, set()), (4, {"max-items"})])
def test_a_form_says_how_many_choices_it_wants(count: int, code: set[str]) -> None:
    values = [{"label": name, "value": name} for name in "abcd"]
    wanted = {"validate": {"required": True}, "properties": {"min-items": "3", "max-items": "3"}}
    compiled = compiled_of({"type": "taglist", "key": "c", "values": values, **wanted})
    assert codes(send(compiled, [("c", name) for name in "abcd"[:count]]), "c") == code


def test_a_submission_whose_formulas_are_too_much_work_is_refused_and_not_judged_by_half() -> None:
    compiled = compiled_of(
        {"type": "expression", "key": "e", "expression": "=count(for a in 1..3000, b in 1..3000 return a)"},
        text("a", validate={"required": True}, conditional={"hide": "=e > 1"}),
    )
    taken = take(compiled, [("a", "")], stored={}, roles=(), variables={}, today=TODAY, attachments=())
    assert "too-complex" in {p.code for p in taken.problems}


def test_a_budget_that_ran_out_stays_out() -> None:
    evaluator = Evaluator(Formulas(), {}, {}, steps=50)
    scope = evaluator.root({})
    assert evaluator.value("=1 + 1", scope) == 2
    assert evaluator.value("=sum(for a in 1..1000 return a)", scope) is None
    assert evaluator.exhausted
    assert evaluator.value("=1 + 1", scope) is None


def test_computed_fields_settle_in_a_number_of_rounds() -> None:
    chain = [
        {"type": "expression", "key": f"e{number}", "expression": f"=e{number + 1} + 1"}
        for number in range(limits.ROUNDS - 2)
    ]
    last = {"type": "expression", "key": f"e{limits.ROUNDS - 2}", "expression": "=1"}
    assert send(compiled_of(*chain, last), []).data["e0"] == limits.ROUNDS - 1
