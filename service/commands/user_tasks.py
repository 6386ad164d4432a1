"""What people do with a task: claim, release, save a draft, complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, select, update

from service.commands import member_answers
from service.commands.advance import advance
from service.commands.sealing import seal
from service.commands.task_locks import (
    HeldTask,
    hold,
    refuse_hindered,
    refuse_unless_workable,
    require_person,
    stood_for,
)
from service.commands.trail import note
from service.domain.errors import Conflict, FormInvalid, NotAllowed, StaleDraft
from service.engine import Complete
from service.feel import to_json
from service.forms import Submission as Judged
from service.forms import enter, judge, take
from service.operations.letters import declared_title
from service.programmes.task_forms import TaskForm, open_task_form
from service.store import request_keys, user_tasks
from service.store.case_view import DECLARATION
from service.store.organisations import Organisation
from service.store.session import changed
from service.store.signatures import AFTER
from service.store.submissions import Draft, Submission
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask

Pairs = Iterable[tuple[str, str]]
CORE_NAME = "core_name"  # what a declaration calls its centre or consortium
LONGEST_NAME = 100  # signs of a title that a draft may give; a longer one waits for the judgement


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
    held = hold(work, task_id)
    refuse_unless_workable(work, held)
    refuse_hindered(held, "claim")
    told = {"name": held.task.name, **stood_for(work, held, held.task.assignee_id)}
    user_tasks.claim(work.session, task_id, person, at=work.now)
    note(work, "task-claimed", "user-task", task_id, told, case_id=held.case.id)


def release(work: UnitOfWork, task_id: int) -> None:
    """Give the task back to its groups; the draft stays."""
    person = require_person(work)
    held = hold(work, task_id)
    refuse_hindered(held, "release")
    holder = work.actor.stands_in(held.task.assignee_id, held.ground.groups) or person
    told = {"name": held.task.name, **stood_for(work, held, held.task.assignee_id)}
    user_tasks.assign(work.session, task_id, None, held_by=holder, at=work.now)
    note(work, "task-released", "user-task", task_id, told, case_id=held.case.id)


def save_draft(work: UnitOfWork, task_id: int, pairs: Pairs, revision: int) -> int:
    """Keep what was entered so far, without judging it; returns the new revision.

    `revision` is the one the page was built from (0: no draft yet); StaleDraft when another window has saved since.
    A draft is kept whatever has become of the task, so that nothing typed is lost.
    """
    person = require_person(work)
    held = hold(work, task_id)
    form = _form(work, held)
    kept = held.ground.draft
    if kept is not None and kept.revision != revision:
        raise StaleDraft(when=kept.saved_at, revision=kept.revision)
    data, _refused = enter(
        form.compiled,
        pairs,
        stored=form.given,
        roles=form.roles,
        variables=form.variables,
        functions=form.functions,
        attachments=form.attachments,
    )
    values = {"data": to_json(data), "form_digest": form.compiled.digest, "saved_at": work.now}
    if kept is None:
        work.session.add(Draft(task_id=task_id, user_id=person, revision=revision + 1, **values))
    else:
        mine = update(Draft).where(Draft.task_id == task_id, Draft.user_id == person)
        changed(work.session, mine.values(revision=revision + 1, **values))
    _rename_draft(work, held, values["data"].get(CORE_NAME))
    return revision + 1


def _rename_draft(work: UnitOfWork, held: HeldTask, core: object) -> None:
    """Call a case that is being declared by the name typed so far, as its receipt will; lists tell drafts by it.

    What is kept of a task that somebody else has completed names nothing.
    """
    case = held.case
    if not isinstance(core, str) or not core or len(core) > LONGEST_NAME or case.submitted_at is not None:
        return
    if held.task.status != OPEN or held.task.form != DECLARATION or case.title.startswith(f"{core}（"):
        return
    unit = work.session.scalar(select(Organisation.name).where(Organisation.id == case.applicant_id))
    case.title = declared_title(core, unit or "")


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
    TaskAlreadyCompleted, TaskAlreadyClaimed, DeadlinePassed, NotAllowed, NotFound; then nothing has changed.
    """
    person = require_person(work)
    held = hold(work, task_id, request_key=request_key)
    if held.ground.answered is not None:
        return _repeated(held, person)
    refuse_unless_workable(work, held)
    refuse_hindered(held, "complete")
    answer = _judged_and_completed(work, held, pairs, data)
    if request_key:
        kept = {**asdict(answer), "next_names": list(answer.next_names)}
        request_keys.remember(work.session, request_key, kept, actor_id=person, at=work.now)
    return answer


def complete_by_link(work: UnitOfWork, held: HeldTask, pairs: Pairs) -> Completion:
    """Submit the form of a task that somebody without an account follows a link to; the caller has proved the link.

    Whoever signs after the owner needs an owner with an account, so a task with signatures is refused.
    """
    refuse_unless_workable(work, held)
    refuse_hindered(held, "complete")
    if held.ground.unsigned:
        raise NotAllowed(why_zh="还有人要签署，请登录办理。", why_en="Others still sign it; please sign in.")
    return _judged_and_completed(work, held, pairs, None)


def _judged_and_completed(
    work: UnitOfWork, held: HeldTask, pairs: Pairs | None, data: Mapping[str, Any] | None
) -> Completion:
    form = _form(work, held)
    judged = _judged(form, pairs, data)
    if judged.problems:
        raise FormInvalid(count=len(judged.problems), submission=judged)
    return _completed(work, held, form, judged)


def _form(work: UnitOfWork, held: HeldTask) -> TaskForm:
    return open_task_form(work.session, held.task, held.case, actor=work.actor, now=work.now, ground=held.ground)


def _repeated(held: HeldTask, person: int) -> Completion:
    """The first answer to the same request; a key of another person or another task is a conflict."""
    given = dict(held.ground.answered or {})
    if held.ground.answered_to != person or given.get("task_id") != held.task.id:
        raise Conflict()
    return Completion(**{**given, "next_names": tuple(given["next_names"])})


def _completed(work: UnitOfWork, held: HeldTask, form: TaskForm, judged: Judged) -> Completion:
    task, data = held.task, to_json(judged.data)  # numbers as JSON has them; money keeps its two decimals
    person = work.actor.user_id  # None by a link
    if person is not None and AFTER in held.ground.unsigned:
        waits = seal(work, held, data, form.compiled.digest, person)
        return Completion(task.id, task.case_id, task.name, waits, ended=False, outcome=None, incidents=0)
    work.session.add(_submission(work, task, form, data, person))
    if held.ground.draft is not None:
        changed(work.session, delete(Draft).where(Draft.task_id == task.id, Draft.user_id == person))
    work.session.flush()
    command = Complete(task.engine_task, data)
    course = advance(work, held.case, held.instance, command, completed=task, ground=form.reading.ground)
    details: dict[str, Any] = {"name": task.name, "element": task.element, "process": task.process, "form": task.form}
    details |= stood_for(work, held, task.assignee_id)
    note(work, "task-completed", "user-task", task.id, {**details, **course.trail()}, case_id=task.case_id)
    following = tuple(dict.fromkeys(one.name for one in course.opened))
    member_answers.tell_lead(work, task, held.case, data, following)
    return Completion(
        task_id=task.id,
        case_id=task.case_id,
        task_name=task.name,
        next_names=following,
        ended=course.last.ended,
        outcome=course.last.outcome,
        incidents=len(course.new_incidents),
    )


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
            stored=form.given,
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


def _submission(
    work: UnitOfWork, task: UserTask, form: TaskForm, data: dict[str, Any], person: int | None
) -> Submission:
    return Submission(
        case_id=task.case_id,
        task_id=task.id,
        form=task.form or "",
        form_digest=form.compiled.digest,
        data=data,
        item=dict(task.inputs),
        submitted_by=person,
        submitted_at=work.now,
    )
