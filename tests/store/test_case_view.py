"""The case as FEEL reads it: complete, and loaded only as far as it is asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from service.domain.identity import SYSTEM, Actor
from service.store import audit
from service.store.calls import Call
from service.store.case_view import case_view
from service.store.cases import Case, CaseEvent
from service.store.lookups import Lookups
from service.store.meetings import Meeting, MeetingItem
from service.store.members import Member
from service.store.notices import Notice, Objection
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.papers import Paper
from service.store.register import Ban, RegisterEntry
from service.store.session import db
from service.store.submissions import Submission
from tests.support.databases import statements
from tests.support.factories import make_case, make_expert, make_organisation, make_user

EVERYTHING = (("case",), ("lookup",))
TODAY = date(2025, 4, 1)


def add(*rows: Any) -> None:
    db.session.add_all(rows)
    db.session.flush()


@pytest.fixture
def lead(store: Flask) -> Organisation:
    return make_organisation(
        db.session, name="长春某公司", kind="enterprise", credit_code="LEAD", region="220102", contact={"phone": "0431"}
    )


@pytest.fixture
def case(store: Flask, lead: Organisation) -> Case:
    city = make_organisation(db.session, name="市科技局")
    return make_case(db.session, applicant_id=lead.id, authority_id=city.id, competent_id=None, number="SB2025000001")


def submit(case: Case, form: str, data: dict[str, Any], by: int | None = None, **item: Any) -> Submission:
    row = Submission(
        case_id=case.id, form=form, form_digest="d", data=data, item=item, submitted_by=by, submitted_at=case.started_at
    )
    add(row)
    return row


def test_a_case_by_itself_costs_no_statement(store: Flask, case: Case) -> None:
    with statements(store) as counted:
        view = case_view(db.session(), case, ())
    assert counted.texts == []
    assert (view["id"], view["number"], view["state"], view["started_on"]) == (
        str(case.id),
        "SB2025000001",
        "draft",
        "2025-04-01",
    )


def test_only_what_is_asked_for_is_loaded(store: Flask, case: Case) -> None:
    submit(case, "declaration", {"core_name": "甲"})
    with statements(store) as counted:
        view = case_view(db.session(), case, {("case", "declaration", "core_name"), ("case", "applicant", "name")})
    assert len(counted.texts) == 2
    assert view["declaration"] == {"core_name": "甲"}
    assert view["applicant"]["name"] == "长春某公司"
    assert view["applicant"]["phone"] == "0431"
    assert "members" not in view


def test_a_form_is_its_newest_submission_and_null_before(store: Flask, case: Case) -> None:
    paths = {("case", "local_opinion"), ("case", "declaration")}
    assert case_view(db.session(), case, paths)["local_opinion"] is None
    submit(case, "local-opinion", {"advice": "return"})
    submit(case, "local-opinion", {"advice": "recommend"})
    submit(case, "declaration", {"core_name": "甲"})
    view = case_view(db.session(), case, paths)
    assert (view["local_opinion"], view["declaration"]) == ({"advice": "recommend"}, {"core_name": "甲"})
    assert case_view(db.session(), case, EVERYTHING)["local_opinion"] == {"advice": "recommend"}


def test_submissions_come_oldest_first_with_who_and_for_what(store: Flask, case: Case) -> None:
    person = make_user(db.session, name="王敏")
    submit(case, "expert-score", {"total": 80}, person.id, seat={"id": 3})
    submit(case, "expert-score", {"total": 90})
    view = case_view(db.session(), case, {("case", "submissions")})
    first, second = view["submissions"]["expert_score"]
    assert (first["total"], first["item"], first["by"], first["by_name"], first["on"]) == (
        80,
        {"seat": {"id": 3}},
        str(person.id),
        "王敏",
        "2025-04-01",
    )
    assert (second["total"], second["by"]) == (90, None)


def test_members_know_whether_they_have_confirmed(store: Flask, case: Case) -> None:
    rows = [
        Member(case_id=case.id, position=n, name=f"成员{n}", credit_code=f"M{n}", data={"amount_wan": n})
        for n in (1, 2, 3)
    ]
    add(*rows)
    submit(case, "member-confirmation", {"confirmed": False}, member=rows[0].id)
    submit(case, "member-confirmation", {"confirmed": True}, member={"id": rows[0].id})
    submit(case, "member-confirmation", {"confirmed": False}, member=str(rows[1].id))
    members = case_view(db.session(), case, {("case", "members")})["members"]
    assert [m["confirmed"] for m in members] == [True, False, None]
    assert (members[0]["id"], members[0]["amount_wan"], members[0]["credit_code"]) == (rows[0].id, 1, "M1")


def test_the_newest_panel_is_seen_without_names_by_the_applicant(store: Flask, case: Case) -> None:
    expert = make_expert(db.session, name="张教授", user_id=make_user(db.session).id)
    for seed in ("old", "new"):
        panel = Panel(case_id=case.id, seed=seed, pool_digest="d", record={}, created_at=case.started_at)
        add(panel)
        add(Seat(panel_id=panel.id, position=1, expert_id=expert.id, chair=True, state="accepted"))
        add(Seat(panel_id=panel.id, position=2, state="empty"))
    submit(case, "expert-score", {"total": 80}, expert.user_id, seat=1)
    paths = {("case", "panel", "seats"), ("case", "submissions")}
    view = case_view(db.session(), case, paths)
    assert view["panel"]["seed"] == "new"
    assert view["panel"]["seats"][0]["expert"]["name"] == "张教授"
    assert view["panel"]["seats"][1]["expert"] is None
    seen = case_view(db.session(), case, paths, Actor(1, "经办", case.applicant_id))
    assert seen["panel"]["seats"][0]["expert"] == {"name": "专家1"}
    assert "张教授" not in str(seen)
    assert str(expert.user_id) not in {entry["by"] for entry in seen["submissions"]["expert_score"]}


def test_everything_of_a_case(store: Flask, case: Case, now: datetime) -> None:
    call = Call(programme="a-programme", key="2025", year=2025, title="2025年", dates={"call-close": "2025-04-15"})
    add(call)
    case.call_id = call.id
    paper = Paper(case_id=case.id, letter="receipt", code="ABC", title="受理回执", body="…", issued_at=now)
    notice = Notice(case_id=case.id, title="公示", body="…", from_on=TODAY, to_on=TODAY)
    entry = RegisterEntry(
        number="R1",
        programme="a-programme",
        name="甲中心",
        case_id=case.id,
        state="operating",
        entered_on=TODAY,
        data={"field": "材料"},
    )
    add(paper, notice, entry)
    add(
        Objection(
            notice_id=notice.id,
            case_id=case.id,
            code="OB1",
            name="某人",
            contact="139",
            kind="unit",
            facts="…",
            lodged_at=now,
            state="upheld",
        ),
        CaseEvent(case_id=case.id, name="notice-published", on_date=TODAY, at=now),
        CaseEvent(case_id=case.id, name="notice-published", on_date=TODAY + timedelta(days=9), at=now),
    )
    audit.record(
        db.session(),
        SYSTEM,
        "decision-taken",
        at=now,
        object_type=audit.DECISION,
        object_id="verdict",
        case_id=case.id,
        details={"value": "accept"},
    )
    db.session.flush()
    view = case_view(db.session(), case, EVERYTHING)
    assert view["call"] == {
        "id": str(call.id),
        "key": "2025",
        "year": 2025,
        "title": "2025年",
        "dates": {"call-close": "2025-04-15"},
    }
    assert view["papers"][0]["letter"] == "receipt"
    assert view["objections"] == [
        {"id": view["objections"][0]["id"], "code": "OB1", "kind": "unit", "state": "upheld", "lodged_on": "2025-04-01"}
    ]
    assert view["events"] == {"notice-published": "2025-04-10"}
    assert view["decisions"] == {"verdict": "accept"}
    assert view["register"]["name"] == "甲中心"
    assert view["register"]["field"] == "材料"
    assert (view["panel"], view["items"], view["competent"]) == (None, [], None)
    assert view["authority"]["name"] == "市科技局"


def test_a_later_case_is_about_what_the_register_holds_of_its_applicant(store: Flask, case: Case) -> None:
    founding = make_case(db.session)
    add(
        RegisterEntry(
            number="R1",
            programme="a-programme",
            name="甲中心",
            credit_code="LEAD",
            case_id=founding.id,
            state="operating",
            entered_on=TODAY,
        ),
        RegisterEntry(
            number="R2",
            programme="another",
            name="别的",
            credit_code="LEAD",
            case_id=founding.id,
            state="operating",
            entered_on=TODAY,
        ),
    )
    register = case_view(db.session(), case, {("case", "register", "state")})["register"]
    assert (register["number"], register["state"]) == ("R1", "operating")


def test_a_meeting_holds_its_items(store: Flask, case: Case) -> None:
    meeting = Meeting(case_id=make_case(db.session, procedure="meeting").id)
    add(meeting)
    add(MeetingItem(meeting_id=meeting.id, case_id=case.id, position=1))
    own = db.session.get_one(Case, meeting.case_id)
    (item,) = case_view(db.session(), own, {("case", "items")})["items"]
    assert (item["case_id"], item["number"], item["applicant"], item["decision"]) == (
        str(case.id),
        "SB2025000001",
        "长春某公司",
        None,
    )


def test_lookups_are_loaded_only_when_asked_for(store: Flask, case: Case) -> None:
    with statements(store) as counted:
        assert Lookups(db.session(), case, {("case", "declaration")}, TODAY) == {"today": "2025-04-01"}
    assert counted.texts == []


@pytest.mark.parametrize(
    ("days", "banned"), [(-1, []), (0, ["LEAD"]), (365, ["LEAD"]), (366, [])], ids=["before", "first", "last", "after"]
)
def test_a_ban_holds_from_its_first_to_its_last_day(store: Flask, case: Case, days: int, banned: list[str]) -> None:
    add(Ban(credit_code="LEAD", from_on=TODAY, to_on=TODAY + timedelta(days=365), reason="撤销"))
    found = Lookups(db.session(), case, {("lookup", "banned_credit_codes")}, TODAY + timedelta(days=days))
    assert found["banned_credit_codes"] == banned


def test_names_in_use_are_those_of_the_programme_that_were_not_struck_off(store: Flask, case: Case) -> None:
    other = make_case(db.session)
    for number, (name, state, programme) in enumerate(
        [("甲", "operating", "a-programme"), ("乙", "revoked", "a-programme"), ("丙", "operating", "another")]
    ):
        add(
            RegisterEntry(
                number=f"R{number}", programme=programme, name=name, case_id=other.id, state=state, entered_on=TODAY
            )
        )
    found = Lookups(db.session(), case, {("lookup", "active_names"), ("lookup", "active_entries")}, TODAY)
    assert found["active_names"] == ["甲"]
    assert [entry["name"] for entry in found["active_entries"]] == ["甲"]


def test_cases_wait_for_a_meeting_until_one_decides_them(store: Flask, case: Case) -> None:
    waiting, decided, on_agenda, elsewhere = (
        make_case(db.session, state="meeting", title=f"案{n}", authority_id=case.authority_id if n < 3 else None)
        for n in range(4)
    )
    meeting = Meeting(case_id=case.id)
    add(meeting)
    add(
        MeetingItem(meeting_id=meeting.id, case_id=decided.id, position=1, decision="defer"),
        MeetingItem(meeting_id=meeting.id, case_id=on_agenda.id, position=2),
    )
    found = Lookups(db.session(), case, {("lookup", "waiting_for_meeting")}, TODAY)["waiting_for_meeting"]
    assert [one["case_id"] for one in found] == [str(waiting.id), str(decided.id)]
    assert found[0]["label"] == "案0"
    assert str(elsewhere.id) not in {one["case_id"] for one in found}


def test_a_notice_begins_with_what_the_last_one_said(store: Flask, case: Case) -> None:
    asked = {("lookup", "last_notice", "contact_phone")}
    assert Lookups(db.session(), case, asked, TODAY)["last_notice"] is None
    for number, over in enumerate(({}, {}, {"programme": "another"}, {"authority_id": None})):
        before = make_case(db.session, **{"authority_id": case.authority_id, **over})
        submit(before, "publicity", {"contact_phone": f"0431-{number}"})
        submit(before, "declaration", {"contact_phone": "别的表单"})
        add(Notice(number=f"N{number}", case_id=before.id, title="公示", body="公示", from_on=TODAY, to_on=TODAY))
    submit(make_case(db.session, authority_id=case.authority_id), "publicity", {"contact_phone": "没有发布"})
    assert Lookups(db.session(), case, asked, TODAY)["last_notice"] == {"contact_phone": "0431-1"}


def test_the_pool_holds_active_experts(store: Flask, case: Case) -> None:
    pool = {"authority_id": make_organisation(db.session).id}
    case.authority_id = pool["authority_id"]
    first = make_expert(db.session, name="甲", field="材料", employer="吉林大学", **pool)
    make_expert(db.session, name="乙", field="法律", active=False, **pool)
    make_expert(db.session, name="丙", field="材料", **pool)
    make_expert(db.session, name="丁", field="别的机关的领域")
    found = Lookups(db.session(), case, EVERYTHING, TODAY)
    assert found["expert_pool"][0] == {"id": first.id, "name": "甲", "employer": "吉林大学", "field": "材料"}
    assert [one["name"] for one in found["expert_pool"]] == ["甲", "丙"]
    assert found["expert_fields"] == ["材料"]
