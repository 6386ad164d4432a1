"""The clock in earnest: the process `shenbao clock`, the time of the wall, and dates that have just passed."""

from __future__ import annotations

import signal
import time as wall
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.commands import calendar, calls, dated_events
from service.domain.deadlines import ZONE, end_of, local_date
from service.store import calendars, counters
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from tests.support.mailbox import mailbox
from tests.support.nodes import logs, running
from tests.support.office import SAMPLE, Office, open_office

DECLARATION = {"project_name": "示例项目", "member_count": 8, "funds_wan": 120.5, "truthful": True}
ONE_DAY = timedelta(days=1)
CLOCKS = 2
POLLS = 300  # of a fifth of a second: what has not come in a minute does not come


@pytest.fixture
def office(app_on_both: Flask) -> Iterator[Office]:
    """The sample programme, a hundred days before the real now."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=100)
    with app_on_both.app_context():
        office = open_office(app_on_both, SAMPLE, start)
        known = {day.on.year for day in calendars.days_of(db.session())}
        for year in sorted({start.year, start.year + 1} - known):
            office.act(calendar.import_year, f'year = {year}\nsource = "测试"\n')
        yield office
        db.session.remove()


def poll(until: Callable[[], bool]) -> bool:
    """Whether it came true within a bounded number of looks."""
    for _ in range(POLLS):
        if until():
            return True
        wall.sleep(0.2)
    return False


def call_closing(office: Office, closes: date, key: str) -> None:
    office.act(
        calls.open_call, SAMPLE, key=key, year=closes.year, title=key, opens_on=local_date(office.now),
        dates={"submission": closes},
    )  # fmt: skip


def training_whose_paper_is_just_late(now: datetime) -> date:
    """The latest day whose tenth working day after it was over at half past five before `now`."""
    days = calendars.load(db.session())
    day = local_date(now)
    while end_of(days.add(day, 10), "17:30") > now:
        day -= ONE_DAY
    return day


def fired(office: Office) -> list[tuple[int | None, str]]:
    """(case, element) of every timer that fired and enforced something, in order."""
    entries = office.rows(select(AuditEntry).where(AuditEntry.action == "timer-fired").order_by(AuditEntry.id))
    found = [(entry.case_id, str(entry.details["element"])) for entry in entries]
    return [one for one in found if one[1] != "remind"]


def heartbeat(office: Office) -> int:
    return sum(office.rows(select(counters.Counter.value).where(counters.Counter.name == "clock-heartbeat")))


def test_the_real_clock_fires_the_two_dates_once(office: Office, database: str, tmp_path: Path) -> None:
    """Two clocks, one database: a call that closed last midnight, paper due at 17:30, and a date still to come."""
    now = datetime.now(UTC).replace(microsecond=0)
    trained = training_whose_paper_is_just_late(now)
    office.now = now - timedelta(days=90)
    call_closing(office, local_date(office.now), "long-closed")
    paper = office.start("two-dates")
    office.complete(office.open_task("submit").id, DECLARATION, office.person("lead"))
    office.now = datetime.combine(trained, time(9), ZONE).astimezone(UTC)
    office.act(dated_events.record_event, paper, "training-held", trained, by=office.person("office"))
    office.now = now - timedelta(days=3)
    call_closing(office, local_date(now) - ONE_DAY, "just-closed")
    declarations = [office.start("two-dates") for _ in range(3)]
    to_come = office.start("two-dates")
    soon = datetime.now(UTC) + timedelta(seconds=5)
    office.act(_put_off, to_come, soon)

    with mailbox() as box, running(
        "clock", CLOCKS, tmp_path, database_url=database, tick_seconds=1, smtp_host="127.0.0.1", smtp_port=box.port
    ) as clocks:  # fmt: skip
        expected = [(paper, "paper-late"), *((one, "closed") for one in (*declarations, to_come))]
        done = poll(lambda: len(fired(office)) >= len(expected)
                    and not office.count(OutboxEntry, OutboxEntry.state != "done"))  # fmt: skip
        assert done, f"{fired(office)}\n{logs('clock', tmp_path)[-3000:]}"
        beats = heartbeat(office)
        assert poll(lambda: heartbeat(office) >= beats + 2)  # more ticks change nothing
        assert sorted(fired(office)) == sorted(expected)
        for clock in clocks:
            clock.send_signal(signal.SIGTERM)
        assert [clock.wait(timeout=20) for clock in clocks] == [0] * CLOCKS
        mails = [str(mail["Message-ID"]) for mail in box.received]

    cases = {one.id: one for one in office.rows(select(Case))}
    assert {key: one.outcome for key, one in cases.items()} == {
        paper: "late", **dict.fromkeys([*declarations, to_come], "lapsed"),
    }  # fmt: skip
    assert cases[to_come].ended_at >= soon
    assert cases[to_come].ended_at <= soon + timedelta(seconds=60)
    assert office.open_tasks() == []
    assert office.count(UserTask, UserTask.status == "cancelled") == 5
    assert office.count(Timer) == 0
    assert len(mails) == len(set(mails)) == office.count(OutboxEntry, OutboxEntry.kind == "mail")
    assert "tick-failed" not in logs("clock", tmp_path)
    assert "clock-failed" not in logs("clock", tmp_path)


def _put_off(work: UnitOfWork, case_id: int, until: datetime) -> None:
    """A deadline that is over in a moment: no date in a notice falls within a test."""
    instance = work.session.scalars(select(UserTask.instance_id).where(UserTask.case_id == case_id)).one()
    work.session.execute(
        update(Timer).where(Timer.instance_id == instance, Timer.element == "closed").values(due_at=until)
    )
