"""What its owner has submitted while others still have to sign: kept with the task, and put into effect later.

An act that was in time is not lost: a date that ends the task puts it into effect first, whoever has not signed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from service.commands import member_answers
from service.commands.advance import Course, advance
from service.commands.task_locks import HeldTask
from service.commands.telling import tell_people
from service.commands.trail import note
from service.engine import Complete
from service.store import signatures
from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import changed
from service.store.signatures import OPEN as UNSIGNED
from service.store.submissions import Draft, Submission
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask


def seal(work: UnitOfWork, held: HeldTask, data: dict[str, Any], form_digest: str, person: int) -> tuple[str, ...]:
    """Keep a judged submission with its task and tell those who sign afterwards; returns what is waited for."""
    task = held.task
    task.assignee_id, task.claimed_at = task.assignee_id or person, task.claimed_at or work.now
    task.sealed = {"data": data, "form_digest": form_digest, "by": person, "at": work.now.isoformat()}
    _keep_draft(work, task, data, form_digest, person)
    asked = [one for one in signatures.of_task(work.session, task.id) if one.state == UNSIGNED]
    note(work, "task-sealed", "user-task", task.id, {"name": task.name, "signers": len(asked)}, case_id=held.case.id)
    for one in asked:
        tell_people(work, [one.user_id], held.case, f"请您签署：“{task.name}”", one.question)
    return ("等待签署",)


def _keep_draft(work: UnitOfWork, task: UserTask, data: dict[str, Any], form_digest: str, person: int) -> None:
    """Should somebody not agree, the owner goes on from what was submitted."""
    kept = work.session.scalars(select(Draft).where(Draft.task_id == task.id, Draft.user_id == person)).one_or_none()
    if kept is None:
        kept = Draft(task_id=task.id, user_id=person, revision=0)
        work.session.add(kept)
    kept.data, kept.form_digest, kept.saved_at, kept.revision = data, form_digest, work.now, kept.revision + 1


def finish(work: UnitOfWork, held: HeldTask) -> Course:
    """The submission takes effect, dated and signed as its owner made it."""
    return _put_into_effect(work, held.task, held.case, held.instance)


def finish_before(work: UnitOfWork, case: Case, instance: Instance, ends: Iterable[int]) -> bool:
    """Put into effect what was submitted on the tasks that a timer is about to end; whether there was any."""
    numbers = list(ends)
    if not numbers:
        return False
    found = select(UserTask).where(
        UserTask.instance_id == instance.id, UserTask.engine_task.in_(numbers), UserTask.status == OPEN
    )
    sealed = [one for one in work.session.scalars(found.order_by(UserTask.id)) if one.sealed is not None]
    for task in sealed:
        work.session.refresh(task)
        if task.status == OPEN:
            _put_into_effect(work, task, case, instance)
    return bool(sealed)


def _put_into_effect(work: UnitOfWork, task: UserTask, case: Case, instance: Instance) -> Course:
    kept, owner = dict(task.sealed or {}), (task.sealed or {}).get("by")
    work.session.add(
        Submission(
            case_id=task.case_id,
            task_id=task.id,
            form=task.form or "",
            form_digest=kept["form_digest"],
            data=kept["data"],
            item=dict(task.inputs),
            submitted_by=owner,
            submitted_at=datetime.fromisoformat(kept["at"]),
        )
    )
    changed(work.session, delete(Draft).where(Draft.task_id == task.id, Draft.user_id == owner))
    task.sealed = None
    work.session.flush()
    course = advance(work, case, instance, Complete(task.engine_task, kept["data"]), completed=task, by=owner)
    details: dict[str, Any] = {"name": task.name, "element": task.element, "process": task.process, "form": task.form}
    signed = [one.user_id for one in signatures.of_task(work.session, task.id) if one.agrees is not None]
    details |= {"signed_by": signed, "for_id": owner}
    note(work, "task-completed", "user-task", task.id, {**details, **course.trail()}, case_id=task.case_id)
    member_answers.tell_lead(work, task, case, kept["data"], [one.name for one in course.opened])
    return course
