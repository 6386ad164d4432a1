"""The form of one task as one actor sees it: compiled, prefilled, with what its expressions may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.access import role_of
from service.domain.deadlines import local_date
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.feel import Function
from service.forms import CompiledForm, Variables, begin
from service.programmes.case_values import CaseReading, read_case
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.store.cases import Case
from service.store.task_ground import TaskGround, task_ground
from service.store.user_tasks import UserTask


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


def open_task_form(
    session: Session,
    task: UserTask,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    ground: TaskGround | None = None,
) -> TaskForm:
    """The task's form in the version its case is pinned to.

    `given` is the actor's draft, or else what the form starts with: the task's own inputs over what it continues.
    `revision` is the draft's, 0 without one. `attachments` are the codes a submission of this task may name: files
    kept for the task, and those of what it continues; what a draft names does not count.
    """
    programme = compiled_of(session, case.deployment_id)
    compiled = programme.forms.get(task.form or "")
    if compiled is None:
        raise NotFound()
    if ground is None:
        ground = task_ground(session, task, person=actor.user_id, form=continued_form(task), now=now)
    reading = read_case(session, case, programme, now=now, paths=compiled.paths)
    start, variables = _start(task, ground), Variables({**reading.variables, "task": task.inputs})
    begun = begin(compiled, start, variables=variables, functions=reading.functions) if ground.draft is None else {}
    return TaskForm(
        compiled=compiled,
        given=dict(ground.draft.data) if ground.draft is not None else begun,
        roles=frozenset(role_of(key) for key in ground.groups & actor.groups),
        variables=variables,
        functions=reading.functions,
        attachments=ground.files | codes_named(compiled, start),
        today=local_date(now),
        revision=ground.draft.revision if ground.draft is not None else 0,
        programme=programme,
        reading=reading,
    )


def continued_form(task: UserTask) -> str:
    """The form whose newest submission the task continues: its own, or those its property `prefill` names.

    Of several, with blanks between, the one that was submitted last counts.
    """
    return str(task.properties.get("prefill") or task.form or "")


def _start(task: UserTask, ground: TaskGround) -> dict[str, Any]:
    """What the form starts with: the task's own inputs over the newest submission it continues.

    A form named by `prefill` is continued whatever it was about; the task's own form only for the same item.
    """
    earlier = ground.earlier
    continued = earlier is not None and ("prefill" in task.properties or earlier.item == task.inputs)
    return {**(earlier.data if earlier is not None and continued else {}), **task.inputs}


def codes_named(compiled: CompiledForm, data: Mapping[str, Any]) -> frozenset[str]:
    """Every attachment code that stands in a file field of prefilled data; a code typed into a text is none."""
    return frozenset(code for name in compiled.file_fields for code in _codes(data, name.split(".")))


def _codes(value: Any, path: Sequence[str]) -> Iterator[str]:
    """The codes at a path; `members[]` stands for every row."""
    if not path:
        yield from (one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
        return
    inner = value.get(path[0].removesuffix("[]")) if isinstance(value, Mapping) else None
    rows = inner if path[0].endswith("[]") and isinstance(inner, list) else [inner]
    for row in rows:
        yield from _codes(row, path[1:])
