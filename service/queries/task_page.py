"""One task with all that its page needs: the form as this actor sees it, and the case beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import Language, NotFound
from service.domain.identity import Actor
from service.forms import FormView, view
from service.programmes.task_forms import TaskForm, open_task_form
from service.queries import case_page
from service.queries.access import is_outside
from service.store import user_tasks
from service.store.attachments import Attachment
from service.store.cases import Case
from service.store.submissions import Draft, Submission
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User


@dataclass(frozen=True)
class TaskPage:
    """The task, its case, and whether this actor may work on it now."""

    task: UserTask
    case: Case
    holder: str
    workable: bool
    claimable: bool
    draft_saved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Material:
    """One submitted form for reading."""

    title: str
    by: str
    at: datetime
    view: FormView


def load(session: Session, actor: Actor, task_id: int) -> TaskPage:
    """The task. Raises NotFound unless it is the actor's, one of the actor's groups', or was done by the actor."""
    loaded = user_tasks.load(session, task_id, actor)
    task = loaded.task
    own = actor.user_id is not None and actor.user_id in (task.assignee_id, task.completed_by)
    if not (own or loaded.in_group):
        raise NotFound()
    name = session.scalar(select(User.name).where(User.id == (task.completed_by or task.assignee_id)))
    saved_at = session.scalar(select(Draft.saved_at).where(Draft.task_id == task.id, Draft.user_id == actor.user_id))
    is_open = task.status == OPEN
    return TaskPage(
        task,
        loaded.case,
        name or "",
        workable=is_open and task.assignee_id in (None, actor.user_id),
        claimable=is_open and task.assignee_id is None,
        draft_saved_at=saved_at,
    )


def form_of(session: Session, page: TaskPage, actor: Actor, now: datetime) -> TaskForm:
    """The task's form with this actor's draft or prefill."""
    return open_task_form(session, page.task, page.case, actor=actor, now=now)


def submitted(session: Session, page: TaskPage, form: TaskForm, language: Language) -> FormView | None:
    """What a finished task was finished with, for reading."""
    row = session.scalar(
        select(Submission).where(Submission.task_id == page.task.id).order_by(Submission.id.desc()).limit(1)
    )
    if row is None:
        return None
    return view(
        form.compiled, row.data, roles=form.roles, variables=form.variables, functions=form.functions,
        readonly=True, lang=language, files=file_names(session, page.case.id),
    )  # fmt: skip


def materials(
    session: Session, actor: Actor, facts: case_page.CaseFacts, form: TaskForm | None, language: Language
) -> tuple[Material, ...]:
    """The newest submission of each form and item the actor may read, drawn with what `per-role` lets through."""
    if form is None:
        return ()
    newest: dict[tuple[str, str, int | None], case_page.SubmissionRow] = {}
    for row in case_page.submissions(session, actor, facts):
        repeated = row.by_id if row.item else None
        newest[row.form, str(sorted(row.item.items())), repeated] = row
    names = file_names(session, facts.case_id)
    outside = is_outside(actor)
    found = []
    for row in newest.values():
        compiled = form.programme.forms.get(row.form)
        if compiled is None:
            continue
        shown = view(
            compiled, row.data, roles=form.roles, variables=form.variables, functions=form.functions,
            readonly=True, lang=language, files=names,
        )  # fmt: skip
        if shown.lines:
            by = "" if outside and row.by_id != actor.user_id else row.by_name
            found.append(Material(row.task_name or row.form, by, row.at, shown))
    return tuple(found)


def file_names(session: Session, case_id: int) -> Mapping[str, str]:
    """The names of a case's files by their codes, for the links of a form."""
    found = session.execute(select(Attachment.code, Attachment.name).where(Attachment.case_id == case_id))
    return {code: name for code, name in found}
