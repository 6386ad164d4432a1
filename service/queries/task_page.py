"""One task with all that its page needs: the form as this actor sees it, and the case beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.access import require
from service.domain.errors import Language
from service.domain.identity import Actor
from service.forms import FormView, view
from service.programmes.task_forms import TaskForm, continued_form, open_task_form
from service.store import user_tasks
from service.store.cases import Case
from service.store.submissions import Submission
from service.store.task_ground import TaskGround, task_facts, task_ground
from service.store.user_tasks import OPEN, LoadedTask, UserTask
from service.store.users import User


@dataclass(frozen=True)
class TaskPage:
    """The task, its case, and whether this actor may work on it now."""

    loaded: LoadedTask
    holder: str
    workable: bool
    claimable: bool
    draft_saved_at: datetime | None
    delegated: bool  # to this actor, who hands it back
    ground: TaskGround

    @property
    def task(self) -> UserTask:
        """The task."""
        return self.loaded.task

    @property
    def case(self) -> Case:
        """Its case."""
        return self.loaded.case


def load(session: Session, actor: Actor, task_id: int, now: datetime) -> TaskPage:
    """The task. Raises NotFound unless it is the actor's, one of the actor's groups', or was done by the actor.

    Also NotFound for who has to stay out of the case.
    """
    loaded = user_tasks.load(session, task_id, actor)
    task = loaded.task
    ground = task_ground(
        session, task, person=actor.user_id, expert=actor.expert_id, form=continued_form(task), now=now
    )
    require(actor, "see-task", task_facts(task, ground), now)
    who = task.completed_by or task.assignee_id
    name = session.scalar(select(User.name).where(User.id == who)) if who is not None else None
    is_open = task.status == OPEN
    return TaskPage(
        loaded,
        name or "",
        workable=is_open
        and task.assignee_id in (None, actor.user_id, actor.stands_in(task.assignee_id, ground.groups)),
        claimable=is_open and task.assignee_id is None,
        draft_saved_at=ground.draft.saved_at if ground.draft is not None else None,
        ground=ground,
        delegated=is_open and task.owner_id is not None and task.assignee_id == actor.user_id,
    )


def form_of(session: Session, page: TaskPage, actor: Actor, now: datetime) -> TaskForm:
    """The task's form with this actor's draft or prefill."""
    return open_task_form(session, page.task, page.case, actor=actor, now=now, ground=page.ground)


def submitted(
    session: Session, page: TaskPage, form: TaskForm, language: Language, files: Mapping[str, str]
) -> FormView | None:
    """What a finished task was finished with, for reading."""
    row = session.scalar(
        select(Submission).where(Submission.task_id == page.task.id).order_by(Submission.id.desc()).limit(1)
    )
    if row is None:
        return None
    return view(
        form.compiled, row.data, roles=form.roles, variables=form.variables, functions=form.functions,
        readonly=True, lang=language, files=files,
    )  # fmt: skip
