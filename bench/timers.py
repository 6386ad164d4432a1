"""Timers on PostgreSQL: what waiting costs, and 10,000 that are over at the same instant, before two real clocks.

A timer is one of a diagram: its task is taken away, the case ends, and the audit says so, in one transaction.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from sqlalchemy import func, select

from bench.row import Row
from service.app import create_app
from service.clock import jobs
from service.settings import Settings
from service.store import migrations
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.session import db
from service.store.timers import Timer
from tests.support import postgres
from tests.support.databases import statements
from tests.support.nodes import running
from tests.support.office import Office, open_office

MODELS = Path(__file__).parent / "models"
DURABLE = ""  # PostgreSQL as it comes: what is acknowledged is on the disk
WAITING = 100
COUNT = int(os.environ.get("BENCH_TIMERS", "10000"))
GOAL_S = 60


def measure() -> Iterator[Row]:
    """Statements of a tick over waiting timers; then wall-clock seconds from the clocks' start to the last timer."""
    with tempfile.TemporaryDirectory() as name, postgres.running(DURABLE) as server:
        folder, url = Path(name), server.create("timers")
        app = create_app(Settings(development=True, database_url=url, data_dir=folder, argon2_memory_kib=64))
        migrations.upgrade(app)
        with app.app_context():
            begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
            office = open_office(app, "bench-clock", begun, MODELS)
            yield _waiting(office)
            for _ in range(COUNT - WAITING):
                office.start("bench-clock")
            yield _drained(office, folder, url)
            db.session.remove()
            db.engine.dispose()


def _waiting(office: Office) -> Row:
    """What the clock asks of the database for timers that are not due, in one tick: with none, and with many."""
    empty = _asked(office)
    for _ in range(WAITING):
        office.start("bench-clock")
    more = _asked(office) - empty
    return Row(f"statements a tick of {WAITING} instances that wait for a timer", "0", str(more), more == 0)


def _asked(office: Office) -> int:
    jobs.drain_outbox(office.now)
    with statements(office.app) as sent:
        jobs.fire_due_timers(office.now)
    return len(sent.texts)


def _drained(office: Office, folder: Path, url: str) -> Row:
    begun, before = time.monotonic(), getrusage(RUSAGE_CHILDREN)
    with running("clock", 2, folder, database_url=url, tick_seconds=1):
        while office.count(Timer):
            time.sleep(0.5)
        taken = time.monotonic() - begun
    fired = office.count(AuditEntry, AuditEntry.action == "timer-fired")
    twice = fired - office.rows(
        select(func.count(func.distinct(AuditEntry.case_id))).where(AuditEntry.action == "timer-fired")
    )[0]  # fmt: skip
    ended = office.count(Case, Case.ended_at.is_not(None))
    after = getrusage(RUSAGE_CHILDREN)
    busy = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    told = f"{taken:.0f} s, {ended} cases ended, {twice} fired twice; the clocks {busy:.0f} s of processor time"
    met = taken <= GOAL_S * COUNT / 10_000 and not twice and ended == COUNT
    return Row(f"{COUNT} timers over at once, two clocks", f"≤ {GOAL_S} s, none twice", told, met)
