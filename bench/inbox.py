"""The first page of an inbox with 10,000 open tasks in its groups, on PostgreSQL: rows and counts, no page is drawn."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bench.row import Row
from service.app import create_app
from service.domain.identity import Actor, Grant, group_at
from service.queries import inbox
from service.queries.frame import frame
from service.settings import Settings
from service.store import migrations
from service.store.session import db
from service.store.user_tasks import UserTask
from tests.support import factories, postgres

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
DURABLE = ""
FEW, MANY = 100, 10_000


def measure() -> Iterator[Row]:
    """Wall-clock medians of the same page, with few and with many open tasks."""
    with tempfile.TemporaryDirectory() as folder, postgres.running(DURABLE) as server:
        app = create_app(Settings(development=True, database_url=server.create("inbox"), data_dir=Path(folder)))
        migrations.upgrade(app)
        with app.app_context():
            session = db.session()
            organisation = factories.make_organisation(session)
            actor = Actor(
                1, "办理人", organisation.id, frozenset({Grant("office", organisation.id, organisation.path)})
            )
            _fill(session, group_at("office", organisation.id), FEW)
            few = _median(lambda: _page(session, actor))
            _fill(session, group_at("office", organisation.id), MANY - FEW)
            many = _median(lambda: _page(session, actor))
            told = f"{many * 1e3:.1f} ms ({few * 1e3:.1f} ms with {FEW})"
            yield Row("inbox, first page and counts, 10,000 open tasks", "≤ 20 ms", told, many <= 0.02)
            db.session.remove()
            db.engine.dispose()


def _page(session: Session, actor: Actor) -> None:
    found = inbox.page(session, actor, "groups")
    frame(session, actor)
    assert found.rows


def _median(act: Callable[[], None]) -> float:
    taken = []
    for _ in range(40):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _fill(session: Session, group: str, count: int) -> None:
    """Open tasks with due dates, all of one group."""
    instance = factories.make_instance(session)
    rows = [
        {
            "instance_id": instance.id,
            "case_id": instance.case_id,
            "engine_task": number,
            "element": "review",
            "name": "审核材料",
            "process": "review",
            "status": "open",
            "due_at": NOW + timedelta(minutes=number % 5000),
            "opened_at": NOW,
            "priority": 50,
            "inputs": {},
            "properties": {},
            "path": [],
            "alarms": [],
            "groups": [group],
        }
        for number in range(1, count + 1)
    ]
    session.execute(insert(UserTask), rows)
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
