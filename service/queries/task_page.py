"""One task with all that its page needs: the form as this actor sees it, and the case beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import Language, NotFound
from service.domain.identity import Actor
from service.forms import FormView, view
from service.programmes.task_forms import TaskForm, open_task_form
from service.queries.materials import file_names
from service.store import user_tasks
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
