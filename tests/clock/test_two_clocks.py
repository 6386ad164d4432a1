"""Any number of clocks over one database: each date is enforced once, each alarm told once, each mail sent once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from service.clock import jobs
from service.commands import calls
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.messages import Message
from service.store.outbox import OutboxEntry
from service.store.timers import Timer
from tests.support.invariants import check
from tests.support.mailbox import Mailbox
from tests.support.office import SAMPLE, Office, open_office, whole
from tests.support.races import losers, race

CASES = 24  # more than one hand fires alone
CLOCKS = 3
CLOSED = datetime(2022, 4, 15, 16, 0, tzinfo=UTC)
LAST_REMINDER = CLOSED - timedelta(hours=15)  # nine o'clock of 15 April


@pytest.fixture
def office(database: str, tmp_path: Path, box: Mailbox) -> Iterator[Office]:
    """Two dozen declarations of a call that closes on 15 April, with a mail server, on each kind of database."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": box.port}
    with whole(database, tmp_path, **server) as app:
        office = open_office(app, SAMPLE, datetime(2022, 4, 1, 1, 0, tzinfo=UTC))
        office.act(
            calls.open_call, SAMPLE, key="2022", year=2022, title="2022年", opens_on=date(2022, 3, 1),
            dates={"submission": date(2022, 4, 15)},
        )  # fmt: skip
        for _ in range(CASES):
            office.start("two-dates")
        yield office


def tick_all(office: Office, at: datetime, times: int = 1) -> None:
    """Every clock ticks at the same moment; a case that one of them holds is the next tick's."""
    for _ in range(times):
        results = race(office.app, [partial(_tick, at)] * CLOCKS)
        assert losers(results) == []


def _tick(at: datetime) -> None:
    for job in jobs.JOBS:
        job(at)


def entries(office: Office, action: str) -> Counter[int | None]:
    """How often the act was noted for each case."""
    return Counter(office.rows(select(AuditEntry.case_id).where(AuditEntry.action == action)))


def test_race_of_three_clocks_for_the_same_dates(office: Office, box: Mailbox) -> None:
    tick_all(office, LAST_REMINDER, times=2)
    assert set(entries(office, "reminder-told").values()) == {1}
    assert len(entries(office, "reminder-told")) == CASES
    reminded = office.count(Message, Message.title.startswith("提醒："))
    assert reminded == CASES
    tick_all(office, CLOSED, times=2)
    closed = office.rows(select(AuditEntry).where(AuditEntry.action == "timer-fired"))
    assert Counter(entry.case_id for entry in closed if entry.details["element"] == "closed") == dict.fromkeys(
        office.rows(select(Case.id)), 1
    )
    assert {one.outcome for one in office.rows(select(Case))} == {"lapsed"}
    assert office.count(Timer) == 0
    for _ in range(5):
        _tick(CLOSED)
    mails = [str(mail["Message-ID"]) for mail in box.received]
    assert len(mails) == len(set(mails)) == office.count(OutboxEntry, OutboxEntry.kind == "mail")
    assert office.count(OutboxEntry, OutboxEntry.state != "done") == 0
    assert check().breaches == {}
