"""Rows: added, removed and renumbered without scripts, counted, and told apart in messages."""

from __future__ import annotations

import pytest

from service.forms import begin, change_rows
from tests.forms.desk import codes, compiled_of, example, rows, send, text

NESTED = compiled_of(rows("outer", text("name"), rows("inner", text("name"))))


def test_rows_are_renumbered_without_holes() -> None:
    pairs = [
        ("members[3]._row", "1"),
        ("members[3].name", "丙"),
        ("members[7]._row", "1"),
        ("members[7].kind", "university"),
    ]
    taken = send(example(), pairs)
    assert [member["name"] for member in taken.data["members"]] == ["丙", ""]
    assert codes(taken, "members[1].team") == {"required"}
    assert codes(taken, "members[0].team") == set()


def test_rows_in_rows_are_renumbered_with_them() -> None:
    pairs = [("outer[2]._row", "1"), ("outer[2].inner[5]._row", "1"), ("outer[2].inner[5].name", "x")]
    assert send(NESTED, pairs).data == {"outer": [{"name": "", "inner": [{"name": "x"}]}]}


def test_a_row_of_unticked_boxes_arrives() -> None:
    compiled = compiled_of(rows("list", {"type": "checkbox", "key": "done"}))
    assert send(compiled, [("list[0]._row", "1")]).data == {"list": [{"done": False}]}


def test_the_buttons_add_and_remove_a_row() -> None:
    shown = {"outer": [{"name": "a", "inner": [{"name": "1"}]}, {"name": "b", "inner": []}]}
    more = change_rows(NESTED, shown, add="outer[0].inner")
    assert more["outer"][0]["inner"] == [{"name": "1"}, {"name": ""}]
    assert [row["name"] for row in change_rows(NESTED, shown, remove="outer[0]")["outer"]] == ["b"]
    assert shown["outer"][0]["inner"] == [{"name": "1"}]


@pytest.mark.parametrize("name", ["", "nothing", "outer[0].name", "outer", "outer[9]", "a[", "outer[0].inner[3]"])
def test_a_remove_button_that_names_no_row_changes_nothing(name: str) -> None:
    shown = {"outer": [{"name": "a", "inner": []}]}
    assert change_rows(NESTED, shown, remove=name) == shown


@pytest.mark.parametrize("name", ["", "nothing", "outer[0]", "outer[0].name"])
def test_an_add_button_that_names_no_list_changes_nothing(name: str) -> None:
    shown = {"outer": [{"name": "a", "inner": []}]}
    assert change_rows(NESTED, shown, add=name) == shown


@pytest.mark.parametrize(("count", "code"), [(0, {"min-items"}), (1, set()), (2, set()), (3, {"max-items"})])
def test_the_least_and_the_most_rows(count: int, code: set[str]) -> None:
    compiled = compiled_of(rows("list", text("a"), properties={"min-items": "1", "max-items": "2"}))
    pairs = [(f"list[{number}]._row", "1") for number in range(count)]
    assert codes(send(compiled, pairs), "list") == code


def test_a_hidden_list_needs_no_rows() -> None:
    compiled = compiled_of(
        {"type": "checkbox", "key": "alone"},
        rows("list", text("a"), properties={"min-items": "1"}, conditional={"hide": "=alone"}),
    )
    assert send(compiled, [("alone", "true")]).problems == ()
    assert codes(send(compiled, []), "list") == {"min-items"}


def test_a_list_the_role_may_only_read_stays_as_it_is() -> None:
    compiled = compiled_of(text("a"), rows("list", text("b"), properties={"per-role": "office=write, *=read"}))
    taken = send(compiled, [("a", "x")], stored={"list": [{"b": "kept"}]})
    assert taken.data == {"a": "x", "list": [{"b": "kept"}]}


def test_a_row_that_was_only_just_added_has_its_defaults() -> None:
    inner = rows("inner", text("a"), defaultRepetitions=2)
    compiled = compiled_of(
        rows("list", text("a"), {"type": "checkbox", "key": "on", "defaultValue": True}, inner, defaultRepetitions=0)
    )
    added = send(compiled, [("list[0]._row", "1")]).shown
    assert added == {"list": [{"a": "", "on": True, "inner": [{"a": ""}, {"a": ""}]}]}
    assert send(compiled, [("list[0]._row", "1"), ("list[0].a", "")]).shown["list"][0]["on"] is False
    assert send(compiled, [("list[0]._row", "1")], stored=added).shown == {
        "list": [{"a": "", "on": False, "inner": []}]
    }


def test_a_list_that_answers_each_option_says_which_is_still_missing() -> None:
    offered = "=for d in case.defects return {label: d, value: d}"
    choice = {"type": "select", "key": "about", "valuesExpression": offered, "properties": {"each-option": "yes"}}
    started = {"starts-as": "=for d in case.defects return {about: d}"}
    compiled = compiled_of(rows("answers", choice, text("answer"), properties=started))
    variables = {"case": {"defects": ["章程", "合作协议"]}}
    begun = begin(compiled, {}, variables=variables)
    assert begun == {"answers": [{"about": "章程"}, {"about": "合作协议"}]}  # nobody adds the rows by hand
    first = [("answers[0]._row", "1"), ("answers[0].about", "章程"), ("answers[0].answer", "已改")]
    taken = send(compiled, first, variables=variables)
    assert [(one.control, one.zh) for one in taken.problems] == [("answers", "还没有写到：合作协议")]
    assert taken.shown["answers"][0]["answer"] == "已改"
    second = [("answers[1]._row", "1"), ("answers[1].about", "合作协议")]
    assert send(compiled, [*first, *second], variables=variables).problems == ()
