"""The form of one task as one actor sees it: compiled, prefilled, with what its expressions may read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.deadlines import local_date
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.feel import Function
from service.forms import CompiledForm
from service.programmes.case_values import CaseReading, read_case
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.store.attachments import Attachment
from service.store.cases import Case
from service.store.submissions import Draft, Submission
from service.store.user_tasks import TaskGroup, UserTask


@dataclass(frozen=True)
class TaskForm:
    """What `forms.view`, `forms.take` and `forms.enter` need for one task and one actor."""

    compiled: CompiledForm
    given: Mapping[str, Any]
    roles: frozenset[str]
    variables: Mapping[str, Any]
    functions: Mapping[str, Function]
    attachments: frozenset[str]
    today: date
    revision: int
    programme: CompiledProgramme
    reading: CaseReading


def open_task_form(session: Session, task: UserTask, case: Case, *, actor: Actor, now: datetime) -> TaskForm:
    """The task's form in the version its case is pinned to.

    `given` is the actor's draft, or else what the form starts with: the task's own inputs over the newest submission of
    the same form in this case. `revision` is the draft's, 0 without one. `attachments` are the codes a submission of
    this task may name: files kept for the task, and those the prefill already names.
    """
    programme = compiled_of(session, case.deployment_id)
    compiled = programme.forms.get(task.form or "")
    if compiled is None:
        raise NotFound()
    reading = read_case(session, case, programme, now=now, paths=compiled.paths)
    draft = _draft(session, task, actor)
    given = dict(draft.data) if draft is not None else _start(session, task)
    return TaskForm(
        compiled=compiled,
        given=given,
        roles=roles_for(session, task, actor),
        variables={**reading.variables, "task": task.inputs},
        functions=reading.functions,
        attachments=_attachments(session, task) | _named(given),
        today=local_date(now),
        revision=draft.revision if draft is not None else 0,
        programme=programme,
        reading=reading,
    )


def roles_for(session: Session, task: UserTask, actor: Actor) -> frozenset[str]:
    """The roles in which the actor may take the task: those of the task's groups the actor belongs to."""
    keys = session.scalars(select(TaskGroup.group_key).where(TaskGroup.task_id == task.id))
    own = actor.groups
    return frozenset(role_of(key) for key in keys if key in own)


def role_of(group_key: str) -> str:
    """The role in a group key.

    >>> role_of("local-clerk@5"), role_of("expert:3")
    ('local-clerk', 'expert')
    """
    return group_key.replace("@", ":").partition(":")[0]


def _draft(session: Session, task: UserTask, actor: Actor) -> Draft | None:
    if actor.user_id is None:
        return None
    return session.scalar(select(Draft).where(Draft.task_id == task.id, Draft.user_id == actor.user_id))


def _start(session: Session, task: UserTask) -> dict[str, Any]:
    """What the form starts with, beneath the task's own inputs.

    The property `prefill` names a form whose newest submission is continued; without it, the newest submission of the
    task's own form is, where it was about the same item.
    """
    source = task.properties.get("prefill")
    earlier = session.execute(
        select(Submission.data, Submission.item)
        .where(Submission.case_id == task.case_id, Submission.form == (source or task.form))
        .order_by(Submission.id.desc())
        .limit(1)
    ).one_or_none()
    continued = earlier is not None and (bool(source) or earlier.item == task.inputs)
    return {**(earlier.data if earlier is not None and continued else {}), **task.inputs}


def _attachments(session: Session, task: UserTask) -> frozenset[str]:
    return frozenset(session.scalars(select(Attachment.code).where(Attachment.task_id == task.id)))


def _named(value: Any) -> frozenset[str]:
    """Every attachment code that stands in prefilled data."""
    if isinstance(value, str):
        return frozenset({value}) if value.startswith("att-") else frozenset()
    inner: Collection[Any] = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return frozenset().union(*(_named(one) for one in inner))
