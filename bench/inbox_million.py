"""The first page of an inbox on PostgreSQL, with ten thousand and with a million open tasks; leaves out its HTML.

The tasks are spread over twenty groups; the person is in three of them, as a clerk with two duties is.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator, Sequence

from flask import Flask
from sqlalchemy import text

from bench.row import Row
from service.domain.identity import Actor, Grant
from service.queries import inbox
from service.store.session import db
from tests.support import databases, postgres

FEW, MANY = 10_000, 1_000_000
GROUPS = 20
CLERK = Actor(None, "经办人", 1, frozenset(Grant(f"role-{number}", 1, "/1/") for number in (3, 7, 11)))

GROUND = """
INSERT INTO organisations (id, path, kind, code, name, contact) VALUES (1, '/1/', 'authority', 'a', '示例局', '{}');
INSERT INTO deployments (id, programme, version, digest, manifest, deployed_at) VALUES (1, 'p', 1, 'd', '{}', now());
INSERT INTO cases (id, programme, procedure, title, state, applicant_id, started_at, deployment_id)
  SELECT n, 'p', 'q', '示例申报 ' || n, 'local_review', 1, now(), 1 FROM generate_series(1, 1000) n;
INSERT INTO instances (id, case_id, deployment_id, revision, ended)
  SELECT n, n, 1, 0, false FROM generate_series(1, 1000) n;
"""
TASKS = """
INSERT INTO user_tasks (id, instance_id, case_id, engine_task, element, name, process, status, opened_at, due_at,
                        priority, inputs, properties, path, alarms, groups)
  SELECT n, n % 1000 + 1, n % 1000 + 1, n, 'review', '核查材料', 'q', 'open', now(),
         now() + (hashint8(n) % 1000000) * interval '1 second', 50, '{}', '{}', '[]', '[]',
         jsonb_build_array('role-' || (n % CAST(:groups AS bigint)) || '@1')
  FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n;
"""
CHUNK = 30_000  # the session gives a statement a limited time


def measure() -> Iterator[Row]:
    """Milliseconds of the first page, wall clock; the two databases take turns on one server."""
    folder = postgres.new_folder()
    try:
        server = databases.migrated_postgres(folder)
        apps = [databases.application(server.create(f"tasks_{size}", databases.TEMPLATE)) for size in (FEW, MANY)]
        for app, size in zip(apps, (FEW, MANY), strict=True):
            with app.app_context():
                _run(GROUND)
                _fill(size)
        few, many = _first_pages(apps)
        for app in apps:
            databases.dispose(app)
    finally:
        postgres.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)
    yield Row("inbox, first page, 10,000 open tasks", "≤ 15 ms", f"{few:.1f} ms", few <= 15)
    growth = many / few
    yield Row("the same with 1,000,000", "≤ ×1.5", f"×{growth:.2f} ({many:.1f} ms)", growth <= 1.5)


def _fill(size: int) -> None:
    for first in range(1, size + 1, CHUNK):
        _run(TASKS, first=first, last=min(first + CHUNK - 1, size), groups=GROUPS)
    _run("ANALYZE user_tasks; ANALYZE task_groups")


def _run(statements: str, **values: int) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            db.session.execute(text(statement), used)
    db.session.commit()


def _first_pages(apps: Sequence[Flask], calls: int = 300) -> Sequence[float]:
    taken: list[list[float]] = [[] for _ in apps]
    for _ in range(calls):
        for app, times in zip(apps, taken, strict=True):
            with app.app_context():
                session = db.session()
                session.connection()
                begun = time.perf_counter()
                page = inbox.page(session, CLERK, "groups")
                times.append(time.perf_counter() - begun)
                assert page.rows
    return [statistics.median(times) * 1e3 for times in taken]
