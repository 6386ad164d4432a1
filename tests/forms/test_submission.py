"""What a submission may and may not do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from service.forms import begin, enter, initialise, summary
from tests.forms.desk import CODE, VARIABLES, Page, codes, compiled_of, drawn, example, number, send, text


def test_names_that_are_not_in_the_form_are_refused() -> None:
    names = [
        "approved",
        "members[0].approved",
        "members[999999].name",
        "lead",
        "members",
        "a..b",
        "_row",
        "members[0]",
        "",
    ]
    taken = send(example(), [(name, "1") for name in names])
    assert {p.control for p in taken.problems if p.code == "unknown"} == set(names)
    assert "approved" not in taken.data


def test_computed_and_disabled_fields_take_nothing_from_outside() -> None:
    taken = send(example(), [("member_total", "99"), ("case_no", "P5-1")])
    assert codes(taken, "member_total") == {"unknown"}
    assert codes(taken, "case_no") == {"unknown"}
    assert taken.data["member_total"] == 0
    assert "case_no" not in taken.data


def test_what_a_condition_hides_is_dropped_even_when_sent() -> None:
    taken = send(example(), [("field_code", "nev"), ("field_other", "别的"), ("approval.number", "1号")])
    assert "field_other" not in taken.data
    assert "approval" not in taken.data
    assert codes(send(example(), [("field_code", "other")]), "field_other") == {"required"}


def test_a_read_only_field_keeps_what_the_server_has() -> None:
    stored = {"lead": {"ban_note": "有一条"}}
    taken = send(example(), [("lead.standing", "leading"), ("lead.ban_note", "无")], stored=stored)
    assert taken.data["lead"]["ban_note"] == "有一条"
    taken = send(example(), [("lead.standing", "chain"), ("lead.ban_note", "无")], stored=stored)
    assert taken.data["lead"]["ban_note"] == "无"


def test_a_value_sent_for_a_read_only_field_decides_nothing() -> None:
    compiled = compiled_of(
        text("kind", readonly="=case.locked"),
        text("reason", validate={"required": True}, conditional={"hide": '=kind = "quiet"'}),
    )
    variables = {"case": {"locked": True}}
    taken = send(compiled, [("kind", "quiet"), ("reason", "")], stored={"kind": "loud"}, variables=variables)
    assert taken.data["kind"] == "loud"
    assert codes(taken, "reason") == {"required"}


def test_blanks_alone_are_nothing() -> None:
    taken = send(example(), [("lead.name", "   ")])
    assert codes(taken, "lead.name") == {"required"}


def test_an_unticked_box_and_an_emptied_choice_are_false_and_empty() -> None:
    stored = {"direct": True, "members": [{"name": "甲", "core": True}], "tasks": {"support": ["rd"]}}
    taken = send(example(), [("members[0]._row", "1"), ("members[0].name", "甲")], stored=stored)
    assert taken.data["direct"] is False
    assert taken.data["members"][0]["core"] is False
    assert taken.data["tasks"]["support"] == []
    assert "members" not in send(example(), [], stored=stored).data


def test_what_is_wrong_stays_as_entered_and_is_told_once() -> None:
    taken = send(compiled_of(number("n", validate={"required": True})), [("n", "一千")])
    assert taken.shown["n"] == "一千"
    assert [p.code for p in taken.problems] == ["not-a-number"]


def test_choices_outside_the_options() -> None:
    pairs = [
        ("field_code", "gold"),
        ("lead.county", "elsewhere"),
        ("tasks.items[0]._row", "1"),
        ("tasks.items[0].unit", "无名"),
    ]
    taken = send(example(), pairs)
    assert all(codes(taken, name) == {"option"} for name in ("field_code", "lead.county", "tasks.items[0].unit"))


def test_options_come_from_other_fields_and_from_the_variables_of_the_task() -> None:
    pairs = [
        ("members[0]._row", "1"),
        ("members[0].name", "甲公司"),
        ("tasks.items[0]._row", "1"),
        ("tasks.items[0].unit", "甲公司"),
        ("lead.county", "kuancheng"),
    ]
    taken = send(example(), pairs)
    assert codes(taken, "tasks.items[0].unit") == set()
    assert codes(taken, "lead.county") == set()


def test_limits_that_are_expressions() -> None:
    taken = send(example(), [("lead.revenue_wan", "100"), ("lead.rd_spend_2025_wan", "101")])
    assert codes(taken, "lead.rd_spend_2025_wan") == {"max"}
    told = next(p for p in taken.problems if p.control == "lead.rd_spend_2025_wan")
    assert (told.zh, told.en) == ("不能大于 100，现在是 101", "Not more than 100; it is 101")


def test_dates_before_today_where_the_form_forbids_them() -> None:
    pairs = [("tasks.items[0]._row", "1"), ("tasks.items[0].due_on", "2026-11-20")]
    assert codes(send(example(), pairs), "tasks.items[0].due_on") == {"past"}
    pairs[1] = ("tasks.items[0].due_on", "2026-11-21")
    assert codes(send(example(), pairs), "tasks.items[0].due_on") == set()


def test_the_summary_names_label_row_and_control_in_page_order() -> None:
    taken = send(example(), [("members[0]._row", "1"), ("members[1]._row", "1"), ("members[1].kind", "university")])
    lines = summary(taken)
    assert ("f-members-1-team", "成员单位 › 研究团队与实验条件（第 2 行）：请填写") in lines
    assert summary(taken, "en")[0] == ("f-consortium_name", "创新联合体名称: Enter a value")
    places = [p.control for p in taken.problems]
    assert places.index("consortium_name") < places.index("members[0].name") < places.index("truth")


def test_a_wrong_credit_code_is_told_with_the_right_last_character() -> None:
    wrong = CODE[:17] + ("0" if CODE[17] != "0" else "1")
    told = next(p for p in send(example(), [("lead.uscc", wrong)]).problems if p.control == "lead.uscc")
    assert told.code == "uscc-check"
    assert f"应为 {CODE[17]}" in told.zh
    assert codes(send(example(), [("lead.uscc", CODE)]), "lead.uscc") == set()


def test_a_value_that_misses_its_format_is_told_of_once() -> None:
    long = {"validate": {"minLength": 18, "maxLength": 18}, "properties": {"format": "uscc"}}
    compiled = compiled_of(text("code", **long))
    assert codes(send(compiled, [("code", "9122")]), "code") == {"uscc-length"}
    plain = compiled_of(text("code", validate={"minLength": 18}))
    assert codes(send(plain, [("code", "9122")]), "code") == {"min-length"}


def test_a_draft_is_not_judged_and_keeps_what_cannot_be_read() -> None:
    data, told = enter(
        example(),
        [("lead.revenue_wan", "很多"), ("lead.name", "甲"), ("approved", "1")],
        stored={"lead": {"legal_person": "乙"}},
        roles=("lead",),
        variables=VARIABLES,
    )
    assert data["lead"]["revenue_wan"] == "很多"
    assert (data["lead"]["name"], data["lead"]["legal_person"]) == ("甲", "乙")
    assert {(p.control, p.code) for p in told} == {("approved", "unknown"), ("lead.revenue_wan", "not-a-number")}


def test_prefill_keeps_what_fits_and_drops_what_does_not() -> None:
    given = {"field_code": "gold", "lead": {"name": 7, "revenue_wan": "12.5"}, "direct": "yes", "stranger": 1}
    data = initialise(example(), given)
    assert data["field_code"] is None
    assert data["lead"]["name"] == "7"
    assert data["lead"]["revenue_wan"] == Decimal("12.5")
    assert data["direct"] is False
    assert "stranger" not in data
    assert data["lead"]["ban_note"] == "无"


@pytest.mark.parametrize("null", [None, ""])
def test_a_null_that_is_given_counts_and_the_default_does_not(null: object) -> None:
    assert initialise(example(), {"lead": {"ban_note": null}})["lead"]["ban_note"] == ""


def test_a_box_that_is_ticked_by_default_can_be_unticked() -> None:
    compiled = compiled_of({"type": "checkbox", "key": "on", "defaultValue": True})
    assert initialise(compiled, {}) == {"on": True}
    assert send(compiled, []).data == {"on": False}


def test_a_box_with_two_answers_is_decided_and_never_refused_by_silence() -> None:
    box = {"type": "checkbox", "key": "on", "validate": {"required": True}, "properties": {"answers": "同意|不同意"}}
    compiled = compiled_of({**box, "label": "答复"})
    silent = send(compiled, [])
    assert [(problem.code, problem.zh) for problem in silent.problems] == [("required-choice", "请选择")]
    assert silent.data == {"on": None}
    for sent, kept, word in (("true", True, "同意"), ("false", False, "不同意")):
        taken = send(compiled, [("on", sent)])
        assert (taken.data, taken.problems) == ({"on": kept}, ())
        assert Page(drawn(compiled, taken.data)[1]).pairs() == [("on", sent)]
        read = Page(drawn(compiled, taken.data, readonly=True)[1]).text
        assert word in [part.strip() for part in read]


def test_a_field_starts_as_its_formula_says_until_somebody_fills_it_in() -> None:
    compiled = compiled_of(text("name", properties={"starts-as": "=case.applicant"}), text("other"))
    variables = {"case": {"applicant": "长春示例企业"}}
    assert begin(compiled, {}, variables=variables) == {"name": "长春示例企业"}
    assert begin(compiled, {"name": ""}, variables=variables) == {"name": ""}
    assert begin(compiled, {}, variables={"case": {"applicant": None}}) == {}


def test_what_the_server_has_is_made_to_fit_its_field() -> None:
    compiled = compiled_of(text("a", readonly=True), text("b", readonly=True))
    taken = send(compiled, [], stored={"a": 12, "b": ["x"]})
    assert (taken.data, taken.problems) == ({"a": "12", "b": ""}, ())
