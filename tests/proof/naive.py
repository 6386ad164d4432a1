"""How completing a task is often written: read, check, then write piece by piece. It exists to be caught.

No lock, no comparison, no key, and a commit for every piece: what the service's own command has instead is what the
proofs prove.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from service.commands import step_rows
from service.commands.advance import Course
from service.commands.trail import note
from service.domain.errors import TaskAlreadyCompleted
from service.domain.identity import Actor
from service.engine import Complete
from service.programmes.compiled import compiled_of
from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import db
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import COMPLETED, OPEN, TaskGroup, UserTask


def complete(task_id: int, data: dict[str, Any], *, actor: Actor, now: datetime) -> None:
    """Complete a task if it was open when we looked."""
    session = db.session()
    task = session.get_one(UserTask, task_id)
    instance = session.scalars(select(Instance).where(Instance.id == task.instance_id)).one()
    case = session.get_one(Case, task.case_id)
    session.expunge_all()
    session.rollback()
    if task.status != OPEN:
        raise TaskAlreadyCompleted(who="", when="")
    for piece in (_close, _submit, _move, _tell):
        transact(piece, task, instance, case, data, actor=actor, now=now)


def _close(work: UnitOfWork, task: UserTask, _instance: Instance, _case: Case, _data: dict[str, Any]) -> None:
    closed = {"status": COMPLETED, "completed_by": work.actor.user_id, "closed_at": work.now}
    work.session.execute(update(UserTask).where(UserTask.id == task.id).values(closed))
    work.session.execute(update(TaskGroup).where(TaskGroup.task_id == task.id).values(open=False))


def _submit(work: UnitOfWork, task: UserTask, _instance: Instance, _case: Case, data: dict[str, Any]) -> None:
    work.session.add(
        Submission(
            case_id=task.case_id, task_id=task.id, form=task.form or "", form_digest="", data=data, item={},
            submitted_by=work.actor.user_id, submitted_at=work.now,
        )
    )  # fmt: skip


def _move(work: UnitOfWork, task: UserTask, instance: Instance, case: Case, data: dict[str, Any]) -> None:
    """Move the state as it was when we looked, and write the outcome over whatever is there now."""
    programme = compiled_of(work.session, instance.deployment_id)
    before = step_rows.Before.of(programme, instance)
    course = Course(work, work.session.get_one(Case, case.id), instance, programme, before)
    course.move(Complete(task.engine_task, data))
    moved = {"state": course.last.state, "ended": course.last.ended, "revision": instance.revision + 1}
    work.session.execute(update(Instance).where(Instance.id == instance.id).values(moved))
    step_rows.write(course, before, completed=None, by=work.actor.user_id)


def _tell(work: UnitOfWork, task: UserTask, _instance: Instance, _case: Case, _data: dict[str, Any]) -> None:
    note(work, "task-completed", "user-task", task.id, {"name": task.name}, case_id=task.case_id)
