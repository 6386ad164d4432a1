"""The check of the proofs finds what it looks for: each breach, made by hand in a healthy database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store.session import db
from tests.support.invariants import Ack, check
from tests.support.office import Office, sqlite_office
from tests.support.panel import PROGRAMME, SCORE

TASK, CLERK = 1, "clerk"


@pytest.fixture
def desk(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """A case whose first piece is done."""
    with sqlite_office(
        run_folder, tmp_path, PROGRAMME, datetime(2025, 3, 3, 1, 0, tzinfo=UTC), models="panel"
    ) as office:
        office.start("desk")
        office.complete(TASK, SCORE, office.person(CLERK))
        yield office


def test_a_healthy_database_has_no_breach(desk: Office) -> None:
    findings = check([Ack(TASK, desk.person(CLERK).user_id or 0)])
    assert findings.breaches == {}
    assert (findings.figures["tasks"], findings.figures["completed"], findings.figures["acknowledged"]) == (4, 1, 1)


@pytest.mark.parametrize(
    ("damage", "breach"),
    [
        ("UPDATE user_tasks SET status = 'open' WHERE id = 1", "an acknowledged completion is there"),
        ("UPDATE user_tasks SET completed_by = NULL WHERE id = 1", "an acknowledged completion is there"),
        ("DELETE FROM submissions", "a completed task has one submission"),
        (
            "INSERT INTO submissions SELECT 99, case_id, task_id, form, form_digest, data, item, submitted_by,"
            " submitted_at FROM submissions",
            "a completed task has one submission",
        ),
        ("UPDATE user_tasks SET status = 'open' WHERE id = 1", "a completed task has one audit entry"),
        ("UPDATE user_tasks SET status = 'completed' WHERE id = 2", "a completed task has one audit entry"),
        ("UPDATE user_tasks SET status = 'cancelled' WHERE id = 2", "the open tasks are those the engine waits for"),
        ("UPDATE user_tasks SET status = 'cancelled'", "no instance is stuck"),
        ("UPDATE instances SET revision = revision + 1", "every move is one revision and one audit entry"),
        ("UPDATE instances SET ended = 1", "a case ends with its instance"),
    ],
)
def test_each_breach_is_found(desk: Office, damage: str, breach: str) -> None:
    acked = [Ack(TASK, desk.person(CLERK).user_id or 0)]
    _damage(damage)
    findings = check(acked)
    assert breach in findings.breaches
    assert findings.total > 0


def test_a_task_acknowledged_to_two_people_is_found(desk: Office) -> None:
    person = desk.person(CLERK).user_id or 0
    assert "a task is acknowledged to one person" in check([Ack(TASK, person), Ack(TASK, person + 1)]).breaches


def test_a_changed_audit_entry_is_found(desk: Office) -> None:
    assert check().breaches == {}
    _damage("UPDATE audit_entries SET actor_name = 'x' WHERE action = 'task-completed'", unguarded=True)
    assert list(check().breaches) == ["the audit chain holds"]


def _damage(statement: str, *, unguarded: bool = False) -> None:
    """Change rows behind the service's back; `unguarded`: without the trail's triggers, as an intruder would."""
    with db.engine.execution_options(write=True).begin() as connection:
        if unguarded:
            triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in triggers:
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text(statement))
