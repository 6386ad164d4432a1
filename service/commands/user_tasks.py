"""What people do with a task: claim, release, save a draft, complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete

from service.commands.advance import advance
from service.commands.task_locks import (
    case_and_instance,
    lock_task,
    name_of,
    refuse_unless_workable,
    require_person,
    shown,
)
from service.domain.errors import FormInvalid, NotAllowed, StaleDraft, TaskAlreadyClaimed
from service.engine import Complete
from service.forms import Submission as Judged
from service.forms import enter, judge, take
from service.programmes.task_forms import TaskForm, open_task_form
from service.store import audit, request_keys, submissions
from service.store.submissions import Draft, Submission
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to a completed task: what was done and what comes next, in the words of the diagram."""

    task_id: int
    case_id: int
    task_name: str
    next_names: tuple[str, ...]
    ended: bool
    outcome: str | None
    incidents: int


def claim(work: UnitOfWork, task_id: int) -> None:
    """Take the task; others of the group then see who holds it. Claiming an own task again is no error."""
    person = require_person(work)
    task = lock_task(work, task_id)
    refuse_unless_workable(work, task)
    if task.assignee_id == person:
        return
    task.assignee_id, task.claimed_at = person, work.now
    audit.record(work, "task-claimed", "user-task", task.id, {"name": task.name}, case_id=task.case_id)


def release(work: UnitOfWork, task_id: int) -> None:
    """Give the task back to its group; the draft stays."""
    person = require_person(work)
    task = lock_task(work, task_id)
    if task.assignee_id not in (None, person):
        raise TaskAlreadyClaimed(who=name_of(work, task.assignee_id), when=shown(task.claimed_at or task.opened_at))
    task.assignee_id, task.claimed_at = None, None
    audit.record(work, "task-released", "user-task", task.id, {"name": task.name}, case_id=task.case_id)


def save_draft(work: UnitOfWork, task_id: int, pairs: Pairs, revision: int) -> int:
    """Keep what was entered so far, without judging it; returns the new revision.

    `revision` is the one the page was built from; StaleDraft when another window has saved since.
    """
    person = require_person(work)
    task = lock_task(work, task_id)
    form = open_task_form(work.session, task, actor=work.actor, now=work.now)
    draft = submissions.draft_of(work.session, task.id, person)
    if draft is not None and draft.revision != revision:
        raise StaleDraft(when=shown(draft.saved_at))
    data, _bad = enter(
        form.compiled, pairs, stored=form.given, roles=form.roles, variables=form.variables, functions=form.functions
    )
    if draft is None:
        draft = Draft(task_id=task.id, user_id=person, data=data, form_digest="", revision=0, saved_at=work.now)
        work.session.add(draft)
    draft.data, draft.form_digest = data, form.compiled.digest
    draft.revision, draft.saved_at = revision + 1, work.now
    return draft.revision


def complete(
    work: UnitOfWork,
    task_id: int,
    *,
    pairs: Pairs | None = None,
    data: Mapping[str, Any] | None = None,
    request_key: str | None = None,
) -> Completion:
    """Submit the task's form and move the case; `pairs` from a page, `data` from a program.

    A repeat with the same `request_key` gets the first answer. Raises FormInvalid (with the judged submission),
    TaskAlreadyCompleted, TaskAlreadyClaimed, DeadlinePassed, NotFound; then nothing has changed.
    """
    person = require_person(work)
    if request_key and (earlier := request_keys.answer(work.session, request_key, person)) is not None:
        return Completion(**{**earlier, "next_names": tuple(earlier["next_names"])})
    task = lock_task(work, task_id)
    refuse_unless_workable(work, task)
    case, instance = case_and_instance(work, task)
    form = open_task_form(work.session, task, actor=work.actor, now=work.now, case=case)
    _refuse_second_pair_of_eyes(work, task, form)
    judged = _judged(form, pairs, data)
    if judged.problems:
        raise FormInvalid(count=len(judged.problems), submission=judged)
    work.session.add(_submission(work, task, form, judged, person))
    work.session.execute(delete(Draft).where(Draft.task_id == task.id))
    work.session.flush()
    course = advance(work, case, instance, Complete(task.engine_task, judged.data), by_person=person)
    details = {"name": task.name, "element": task.element, "process": task.process, "form": task.form}
    audit.record(work, "task-completed", "user-task", task.id, {**details, **course.trail()}, case_id=case.id)
    answer = Completion(
        task_id=task.id,
        case_id=case.id,
        task_name=task.name,
        next_names=tuple(dict.fromkeys(one.name for one in course.opened)),
        ended=course.last.ended,
        outcome=course.last.outcome,
        incidents=len(course.last.incidents),
    )
    if request_key:
        request_keys.remember(work, request_key, {**asdict(answer), "next_names": list(answer.next_names)})
    return answer


def _judged(form: TaskForm, pairs: Pairs | None, data: Mapping[str, Any] | None) -> Judged:
    if data is not None:
        return judge(
            form.compiled,
            data,
            roles=form.roles,
            variables=form.variables,
            functions=form.functions,
            today=form.today,
            attachments=form.attachments,
        )
    return take(
        form.compiled,
        pairs or (),
        stored=form.given,
        roles=form.roles,
        variables=form.variables,
        functions=form.functions,
        today=form.today,
        attachments=form.attachments,
    )


def _submission(work: UnitOfWork, task: UserTask, form: TaskForm, judged: Judged, person: int) -> Submission:
    return Submission(
        case_id=task.case_id,
        task_id=task.id,
        form=task.form or "",
        form_digest=form.compiled.digest,
        data=dict(judged.data),
        item=dict(task.inputs),
        submitted_by=person,
        submitted_at=work.now,
    )


def _refuse_second_pair_of_eyes(work: UnitOfWork, task: UserTask, form: TaskForm) -> None:
    """Two roles that must not be one person: who completed the task's `not-by` element may not complete this one.

    Source: domain §15, submitter ≠ local reviewer ≠ office handler ≠ decision recorder.
    """
    elements = str(task.properties.get("not-by", "")).split()
    if elements and submissions.completed_by(work.session, task.case_id, elements, work.actor.user_id):
        raise NotAllowed(
            why_zh="您已经办理过本案的前一环节，按规定须由另一人办理。",
            why_en="You handled an earlier step of this case; another person has to do this one.",
        )
