"""A user task completed through the whole command layer on PostgreSQL, against the bare library's load, step and save.

Ours: lock, access, form, engine, rows, audit, idempotency key, one commit; the task opens again with a due date and
reminders. Theirs: the 41-node twin as documented, in memory, without a database. No operation runs, no page is drawn.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from bench import twin
from bench.engine import Theirs
from bench.row import Row
from service.app import create_app
from service.settings import Settings
from service.store import migrations
from service.store.session import db
from tests.support import postgres
from tests.support.databases import statements
from tests.support.office import Office, open_office

MODELS = Path(__file__).parent / "models"
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
DURABLE = ""  # PostgreSQL as it comes: what is acknowledged is on the disk
ROUNDS = 40
CALLS = 5


class Line:
    """A case whose one task opens again each time it is completed."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.case_id = office.start("bench-line")
        self.actor = office.person("office")
        self.count = 0

    def complete(self) -> float:
        """Complete the open task; the wall-clock seconds it took."""
        self.office.now += timedelta(seconds=1)
        self.count += 1
        task = self.office.open_task("review", self.case_id)
        begun = time.perf_counter()
        self.office.complete(task.id, {"note": "同意", "again": True}, self.actor, request_key=f"bench-{self.count}")
        return time.perf_counter() - begun


def measure() -> Iterator[Row]:
    """Wall-clock medians of interleaved turns; statements and commits are counted on one completion."""
    with tempfile.TemporaryDirectory() as folder, postgres.running(DURABLE) as server:
        url = server.create("completion")
        settings = Settings(
            development=True, database_url=url, data_dir=Path(folder), argon2_time_cost=1, argon2_memory_kib=64
        )
        app = create_app(settings)
        migrations.upgrade(app)
        with app.app_context():
            yield from _measured(Line(open_office(app, "bench-line", NOW, MODELS)))
            db.session.remove()
            db.engine.dispose()


def _measured(line: Line) -> Iterator[Row]:
    for _ in range(20):
        line.complete()
    sent, commits = _counted(line)
    yield Row("statements of one completion", "≤ 10", str(sent), sent <= 10)
    yield Row("commits of one completion", "1", str(commits), commits == 1)
    theirs = Theirs()
    theirs.complete("declare", **twin.FIRST_DATA)
    ours_s, bare_s = _medians(line.complete, theirs.step("county", d1="pass"))
    ratio = ours_s / bare_s
    told = f"×{ratio:.1f} ({ours_s * 1e3:.2f} ms against {bare_s * 1e3:.2f} ms)"
    yield Row("user task completed, whole service, PostgreSQL, against the bare library", "≤ ×5", told, ratio <= 5)


def _counted(line: Line) -> tuple[int, int]:
    """SELECT, INSERT, UPDATE and DELETE sent, locks included, and commits."""
    commits: list[object] = []

    def committed(connection: object) -> None:
        commits.append(connection)

    with statements(line.office.app) as sent:
        event.listen(db.engine, "commit", committed)
        line.complete()
        event.remove(db.engine, "commit", committed)
    return len(sent.texts) - 1, len(commits)  # the benchmark's own look-up of the open task is not the service's


def _medians(ours: Callable[[], float], theirs: Callable[[], object]) -> tuple[float, float]:
    mine: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        mine.extend(ours() for _ in range(CALLS))
        for _ in range(CALLS):
            begun = time.perf_counter()
            theirs()
            bare.append(time.perf_counter() - begun)
    return statistics.median(mine), statistics.median(bare)
