"""Two hundred dates over at the same instant, and two clocks: each is enforced once; how long it takes."""

from __future__ import annotations

import signal
import time as wall
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.commands import calls
from service.domain.deadlines import local_date
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.timers import Timer
from tests.support.invariants import check
from tests.support.nodes import logs, running
from tests.support.office import SAMPLE, Office, open_office, whole

pytestmark = pytest.mark.proof

CASES = 200
LOOKS = 1800  # of a fifth of a second


def test_many_dates_over_at_once(database: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with whole(database, tmp_path) as app:
        office = open_office(app, SAMPLE, now - timedelta(days=3))
        office.act(
            calls.open_call, SAMPLE, key="just-closed", year=now.year, title="刚截止",
            opens_on=local_date(now) - timedelta(days=30), dates={"submission": local_date(now) - timedelta(days=1)},
        )  # fmt: skip
        for _ in range(CASES):
            office.start("two-dates")
        with running("clock", 2, tmp_path, database_url=database, tick_seconds=1) as clocks:
            first, last = _watched(office)
            for clock in clocks:
                clock.send_signal(signal.SIGTERM)
            assert [clock.wait(timeout=30) for clock in clocks] == [0, 0]
        fired = [
            entry.case_id
            for entry in office.rows(select(AuditEntry).where(AuditEntry.action == "timer-fired"))
            if entry.details["element"] == "closed"
        ]
        findings = check()
        outcomes = Counter(office.rows(select(Case.outcome)))
        waiting = office.count(Timer)
    record_property("figures", f"{len(fired)} dates enforced in {last - first:.1f} s, {findings.total} violations")
    assert Counter(fired) == dict.fromkeys(set(fired), 1)
    assert (outcomes, waiting) == ({"lapsed": CASES}, 0), logs("clock", tmp_path)[-3000:]
    assert findings.breaches == {}


def _watched(office: Office) -> tuple[float, float]:
    """When the first date was seen enforced, and when the last."""
    begun = 0.0
    for _ in range(LOOKS):
        done = office.rows(select(func.count()).select_from(Case).where(Case.ended_at.is_not(None)))[0]
        begun = begun or (wall.monotonic() if done else 0.0)
        if done == CASES:
            return begun, wall.monotonic()
        wall.sleep(0.2)
    raise AssertionError("the clocks did not come to the end")
