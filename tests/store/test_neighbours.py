"""Whom a case may ask: experts that nothing ties to it, other authorities; and which cases were agreed to before it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from service.store.cases import Case
from service.store.dispatches import Dispatch, DispatchItem
from service.store.experts import Absence, Expert
from service.store.lookups import Lookups
from service.store.meetings import Meeting, MeetingItem
from service.store.members import Member
from service.store.notices import Notice, NoticeItem
from service.store.organisations import Organisation
from service.store.session import db
from service.store.submissions import Submission
from tests.support.factories import make_case, make_expert, make_organisation

TODAY = date(2025, 4, 1)
FIELD = "新材料"


def add(*rows: Any) -> None:
    db.session.add_all(rows)
    db.session.flush()


@pytest.fixture
def lead(store: Flask) -> Organisation:
    return make_organisation(db.session, name="长春某公司", kind="enterprise", credit_code="LEAD")


@pytest.fixture
def bureau(store: Flask) -> Organisation:
    return make_organisation(db.session, name="市工信局", kind="authority")


@pytest.fixture
def case(lead: Organisation, bureau: Organisation) -> Case:
    return make_case(db.session, applicant_id=lead.id, authority_id=bureau.id)


def looked_up(case: Case, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Lookups(db.session(), case, {("lookup", name)}, TODAY)[name]
    return found


def test_an_expert_of_a_unit_of_the_case_or_away_today_is_not_free(case: Case, lead: Organisation) -> None:
    pool = {"authority_id": case.authority_id}
    free = make_expert(db.session, name="甲", employer="吉林大学", **pool)
    make_expert(db.session, name="乙", employer=lead.name, **pool)
    make_expert(db.session, name="丙", employer="成员研究所", **pool)
    away = make_expert(db.session, name="丁", employer="某院", **pool)
    make_expert(db.session, name="戊", employer="另一院", avoid=["LEAD"], **pool)
    make_expert(db.session, name="己", employer="别的机关请的专家")
    add(
        Member(case_id=case.id, position=1, name="成员研究所", credit_code="MEMBER", data={}),
        Absence(expert_id=away.id, from_on=TODAY, to_on=TODAY),
    )
    assert [one["id"] for one in looked_up(case, "free_experts")] == [free.id]


def test_a_look_up_asks_the_database_when_it_is_first_read_and_once(case: Case) -> None:
    found = Lookups(db.session(), case, {("lookup", "free_experts")}, TODAY)
    assert sorted(found) == ["free_experts", "today"]
    made = make_expert(db.session, name="甲", employer="吉林大学", authority_id=case.authority_id)
    assert [one["id"] for one in found["free_experts"]] == [made.id]
    make_expert(db.session, name="乙", employer="某院", authority_id=case.authority_id)
    assert [one["id"] for one in found["free_experts"]] == [made.id]


def test_an_absence_that_ended_yesterday_is_none(case: Case) -> None:
    back: Expert = make_expert(db.session, name="丁", employer="某院", authority_id=case.authority_id)
    add(Absence(expert_id=back.id, from_on=TODAY - timedelta(days=9), to_on=TODAY - timedelta(days=1)))
    assert [one["id"] for one in looked_up(case, "free_experts")] == [back.id]


def test_departments_are_the_other_authorities(case: Case) -> None:
    other = make_organisation(db.session, name="省科技厅", kind="authority")
    assert looked_up(case, "departments") == [{"id": str(other.id), "name": "省科技厅"}]


def test_agreed_cases_bear_the_field_that_was_decided_last(case: Case, bureau: Organisation) -> None:
    rival = make_case(db.session, authority_id=bureau.id, programme=case.programme, state="publicity")
    make_case(db.session, authority_id=bureau.id, programme=case.programme, state="meeting")
    make_case(db.session, authority_id=bureau.id, programme="another", state="publicity")
    for form, data in (
        ("declaration", {"field_code": FIELD}),
        ("field-collision", {"field_code": "碳纤维"}),
        ("publicity", {}),
    ):
        add(Submission(case_id=rival.id, form=form, form_digest="d", data=data, item={}, submitted_at=rival.started_at))
    assert [(one["case_id"], one["field"]) for one in looked_up(case, "agreed_cases")] == [(str(rival.id), "碳纤维")]


def test_what_a_meeting_a_notice_or_a_dispatch_has_taken_keeps_its_name(case: Case, bureau: Organisation) -> None:
    one, two, three, other = (
        make_case(db.session, number=number, authority_id=bureau.id) for number in ("SB1", "SB2", "SB3", "SB4")
    )
    elsewhere = make_case(db.session, authority_id=bureau.id)
    meeting = Meeting(case_id=case.id)
    notice = Notice(case_id=case.id, title="公示", body="", from_on=TODAY, to_on=TODAY)
    dispatch, not_ours = Dispatch(case_id=case.id), Dispatch(case_id=elsewhere.id)
    add(meeting, notice, dispatch, not_ours)
    add(
        MeetingItem(meeting_id=meeting.id, case_id=one.id, position=1),
        NoticeItem(notice_id=notice.id, case_id=two.id, position=1),
        DispatchItem(dispatch_id=dispatch.id, case_id=three.id, position=1, result="picked"),
        DispatchItem(dispatch_id=not_ours.id, case_id=other.id, position=1, result="picked"),
    )
    assert [row["number"] for row in looked_up(case, "taken_cases")] == ["SB1", "SB2", "SB3"]
