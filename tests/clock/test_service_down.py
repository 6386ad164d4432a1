"""The service was down for three days, or for four hundred: all that was due happens once, each case's in its order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.commands import calls, dated_events
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.outbox import OutboxEntry
from service.store.timers import Timer
from tests.support.invariants import check
from tests.support.mailbox import Mailbox
from tests.support.office import SAMPLE, Office, open_office, whole

STOPPED = datetime(2022, 9, 27, 1, 0, tzinfo=UTC)  # the day after the training
DECLARATION = {"project_name": "示例项目", "member_count": 8, "funds_wan": 120.5, "truthful": True}


@pytest.fixture
def office(database: str, tmp_path: Path, box: Mailbox) -> Iterator[Office]:
    """Three declarations that wait for the call to close, and three whose paper is due ten working days hence."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": box.port}
    with whole(database, tmp_path, **server) as app:
        office = open_office(app, SAMPLE, STOPPED - timedelta(days=1))
        office.act(
            calls.open_call, SAMPLE, key="2022", year=2022, title="2022年", opens_on=date(2022, 9, 1),
            dates={"submission": date(2022, 9, 28)},
        )  # fmt: skip
        for number in range(6):
            case_id = office.start("two-dates")
            if number % 2:
                task = office.open_task("submit", case_id)
                office.complete(task.id, DECLARATION, office.person("lead"))
                trained = date(2022, 9, 26)
                office.act(dated_events.record_event, case_id, "training-held", trained, by=office.person("office"))
        office.tick(STOPPED)
        yield office


def happened(office: Office) -> dict[int | None, list[str]]:
    """What the clock did in each case, in order."""
    found: dict[int | None, list[str]] = {}
    acts = ("timer-fired", "reminder-told", "overdue-told", "escalation-told")
    for entry in office.rows(select(AuditEntry).where(AuditEntry.action.in_(acts)).order_by(AuditEntry.id)):
        found.setdefault(entry.case_id, []).append(str(entry.details.get("element") or entry.action))
    return found


@pytest.mark.parametrize("days", [pytest.param(3, marks=pytest.mark.proof), 400])
def test_after_a_standstill_all_that_was_due_happens_once(office: Office, box: Mailbox, days: int) -> None:
    back = STOPPED + timedelta(days=days)
    for minutes in (0, 0, 5, 10):  # what one tick leads to is the next one's
        office.tick(back + timedelta(minutes=minutes))
    done, mails = happened(office), len(box.received)
    for case in office.rows(select(Case)):
        told = done.get(case.id, [])
        declared = case.id % 2 == 0
        over = days == 400 if declared else True
        assert case.outcome == (("late" if declared else "lapsed") if over else None)
        ends = [one for one in told if one in {"closed", "paper-late"}]
        assert ends == ([told[-1]] if over else []), told  # once, and nothing after it
    assert office.count(Timer, Timer.due_at <= office.now) == 0
    office.tick(back + timedelta(minutes=15))
    assert happened(office) == done
    assert len(box.received) == mails
    assert len({mail["Message-ID"] for mail in box.received}) == mails
    assert office.count(OutboxEntry, OutboxEntry.state != "done") == 0
    assert check().breaches == {}
