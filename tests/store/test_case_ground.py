"""What every move of a case reads, in one statement."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from service.store import calendars
from service.store.calls import Call
from service.store.case_ground import RunningDeadline, SeatOnPanel, case_ground
from service.store.cases import Case, CaseEvent
from service.store.deadlines import Deadline
from service.store.members import Member
from service.store.panels import Panel, Seat
from service.store.session import db
from tests.support.databases import statements
from tests.support.factories import make_case, make_expert

TODAY = date(2025, 4, 1)


@pytest.fixture
def case(store: Flask, now: datetime) -> Case:
    calendars.seed(db.session())
    call = Call(programme="a-programme", key="2025", year=2025, title="2025年", dates={"call-close": "2025-04-15"})
    db.session.add(call)
    db.session.flush()
    case = make_case(db.session, call_id=call.id)
    expert = make_expert(db.session)
    panels = [Panel(case_id=case.id, seed=s, pool_digest="d", record={}, created_at=now) for s in ("old", "new")]
    db.session.add_all(panels)
    db.session.flush()
    for name, state, days in (("a", "running", 1), ("a", "over", 2), ("b", "met", 3)):
        reason = {"last_on": "2025-04-02"}
        due = now + timedelta(days=days)
        db.session.add(Deadline(case_id=case.id, name=name, anchor_on=TODAY, due_at=due, state=state, reason=reason))
        db.session.flush()
    db.session.add_all(
        [
            Member(case_id=case.id, position=2, name="乙", credit_code=None),
            Member(case_id=case.id, position=1, name="甲", credit_code="M1"),
            Seat(panel_id=panels[0].id, position=1, expert_id=expert.id),
            Seat(panel_id=panels[1].id, position=2, state="empty"),
            Seat(panel_id=panels[1].id, position=1, expert_id=expert.id, chair=True, state="accepted"),
            CaseEvent(case_id=case.id, name="notice-published", on_date=TODAY, at=now),
            CaseEvent(case_id=make_case(db.session).id, name="of-another-case", on_date=TODAY, at=now),
        ]
    )
    db.session.flush()
    return case


def test_a_move_reads_its_ground_in_one_statement(store: Flask, case: Case, now: datetime) -> None:
    calendars.load(db.session())
    with statements(store) as counted:
        ground = case_ground(db.session(), case)
    assert len(counted.texts) == 1
    assert ground.calendar.digest == calendars.shipped().digest
    assert list(ground.members.values()) == ["M1", None]
    assert [(seat.chair, seat.state) for seat in ground.seats] == [(True, "accepted"), (False, "empty")]
    assert isinstance(ground.seats[0], SeatOnPanel)
    assert ground.seats[0].expert_id is not None
    assert ground.deadlines == {"a": RunningDeadline("a", "over", now + timedelta(days=2), {"last_on": "2025-04-02"})}
    assert ground.events == {"notice-published": TODAY}
    assert ground.call_dates == {"call-close": date(2025, 4, 15)}


def test_a_new_case_stands_on_nothing_but_the_calendar(store: Flask) -> None:
    ground = case_ground(db.session(), make_case(db.session))
    assert (ground.members, ground.seats, ground.deadlines, ground.events, ground.call_dates) == ({}, (), {}, {}, {})
    assert ground.calendar.years == frozenset()
