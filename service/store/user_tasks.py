"""User tasks and the groups that may take them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ForeignKey,
    Index,
    UniqueConstraint,
    Update,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.domain.errors import NotFound, TaskAlreadyClaimed, TaskAlreadyCompleted
from service.domain.identity import Actor
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.session import Base, Key, changed
from service.store.users import User

OPEN, COMPLETED, CANCELLED = "open", "completed", "cancelled"
# A task without a due date stands behind all others; SQLite and PostgreSQL differ in where nulls go.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class UserTask(Base):
    """One piece of work for a person; `engine_task` is its number within the instance.

    `alarms` is what the clock still has to tell about it, soonest first ({kind, at, to}); `alarm_at` is the first one's
    instant, None while its deadline is stopped. `owner_id` has delegated it to the assignee. `sealed` is what its owner
    has submitted ({data, form_digest, by, at}) while others still sign. `returned` tells who sent it back, whence and
    why, with `resume` the number of the task that waits for it. `opened_by` is the task whose completion opened it.
    `round` is the number of the engine's loop that collects it with others: the votes of one round.
    """

    __tablename__ = "user_tasks"
    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task"),
        # with what the rule of access asks of each, so that nothing else of a finished task is read
        Index("ix_user_tasks_completed_by", "completed_by", "closed_at", "id", "case_id"),
        Index(
            "ix_user_tasks_open_form",
            "form",
            "id",
            postgresql_where=text("status = 'open'"),
            sqlite_where=text("status = 'open'"),
        ),
        Index(
            "ix_user_tasks_open_due",
            "due_at",
            "id",
            postgresql_where=text("status = 'open'"),
            sqlite_where=text("status = 'open'"),
        ),
        Index(
            "ix_user_tasks_alarm_at",
            "alarm_at",
            postgresql_where=text("status = 'open'"),
            sqlite_where=text("status = 'open'"),
        ),
        Index(
            "ix_user_tasks_open_assignee",
            "assignee_id",
            "due_at",
            postgresql_where=text("status = 'open'"),
            sqlite_where=text("status = 'open'"),
        ),
    )

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    engine_task: Mapped[int]
    element: Mapped[str]
    name: Mapped[str]
    process: Mapped[str]
    form: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=OPEN)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    due_reason: Mapped[dict[str, Any] | None]
    deadline: Mapped[str | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    completed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    priority: Mapped[int] = mapped_column(default=50)
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)
    path: Mapped[list[Any]] = mapped_column(default=list)
    round: Mapped[int | None]
    groups: Mapped[list[Any]] = mapped_column(default=list)
    alarms: Mapped[list[Any]] = mapped_column(default=list)
    alarm_at: Mapped[datetime | None]
    overdue_marked_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sealed: Mapped[dict[str, Any] | None]
    returned: Mapped[dict[str, Any] | None]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("user_tasks.id"), index=True)


# Written out, not bound: a partial index is used only where the statement repeats its condition.
IS_OPEN: Final = UserTask.status == literal_column(f"'{OPEN}'")


class TaskGroup(Base):
    """A group that may take a task.

    It repeats the task's own `groups`, due instant (or NEVER) and state, so that the first page of an inbox is read
    from one index however many tasks there are. The database writes it (store/inbox_index.py), nobody else.
    """

    __tablename__ = "task_groups"
    __table_args__ = (
        Index(
            "ix_task_groups_inbox",
            "group_key",
            "due_order",
            "task_id",
            postgresql_where=text("open"),
            sqlite_where=text("open = 1"),  # as SQLAlchemy asks there
        ),
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("user_tasks.id"), primary_key=True)
    group_key: Mapped[str] = mapped_column(primary_key=True)
    due_order: Mapped[datetime] = mapped_column(default=NEVER)
    open: Mapped[bool] = mapped_column(default=True)


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task with its case and deployment, and whether one of the actor's groups may take it."""

    task: UserTask
    case: Case
    deployment: Deployment
    in_group: bool


def load(session: Session, task_id: int, actor: Actor) -> LoadedTask:
    """The task with its case and deployment in one statement; raises NotFound.

    Whether the actor may see it is the caller's to say. Whoever keeps the answer keeps the deployment's row in memory,
    so that asking the session for it again costs no statement.
    """
    mine = exists().where(TaskGroup.task_id == UserTask.id, TaskGroup.group_key.in_(actor.groups))
    statement = (
        select(UserTask, Case, Deployment, mine)
        .join(Case, Case.id == UserTask.case_id)
        .join(Deployment, Deployment.id == Case.deployment_id)
        .where(UserTask.id == task_id)
        .execution_options(populate_existing=True)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound()
    task, case, deployment, in_group = row
    return LoadedTask(task, case, deployment, bool(in_group))


def open_all(session: Session, opened: Sequence[tuple[UserTask, Collection[str]]]) -> None:
    """Add open tasks, each with the keys of the groups that may take it; one statement however many."""
    for task, keys in opened:
        task.groups = sorted(set(keys))
        session.add(task)
    session.flush()


def complete(session: Session, task_id: int, *, by: int | None, at: datetime) -> None:
    """Close an open task as completed. TaskAlreadyCompleted, with who and when, if it is no longer open."""
    statement = update(UserTask).where(UserTask.id == task_id, UserTask.status == OPEN)
    if not changed(session, statement.values(status=COMPLETED, completed_by=by, closed_at=at)):
        raise _closed(session, task_id)


def cancel(session: Session, instance_id: int, engine_tasks: Collection[int], *, at: datetime) -> None:
    """Close those tasks of an instance that are still open as cancelled; the engine has left them."""
    if engine_tasks:
        changed(session, _cancelling(), {"owner": instance_id, "left": list(engine_tasks), "at": at})


@cache
def _cancelling() -> Update:
    """Put together once: a cut-off date cancels thousands of times."""
    mine = (UserTask.instance_id == bindparam("owner"), UserTask.status == OPEN)
    left = UserTask.engine_task.in_(bindparam("left", expanding=True))
    statement = update(UserTask).where(*mine, left).values(status=CANCELLED, closed_at=bindparam("at"))
    return statement.execution_options(autoflush=False)  # opened tasks are flushed as they are opened


def claim(session: Session, task_id: int, user_id: int, *, at: datetime) -> None:
    """Make a person the assignee. TaskAlreadyClaimed or TaskAlreadyCompleted, with who and when; a repeat is fine."""
    free = or_(UserTask.assignee_id.is_(None), UserTask.assignee_id == user_id)
    statement = update(UserTask).where(UserTask.id == task_id, UserTask.status == OPEN, free)
    if not changed(session, statement.values(assignee_id=user_id, claimed_at=at)):
        raise _closed(session, task_id)


def assign(session: Session, task_id: int, user_id: int | None, *, held_by: int | None, at: datetime) -> None:
    """Hand an open task from its assignee (`held_by`) to another person, or back to the groups (None)."""
    holder = UserTask.assignee_id.is_(None) if held_by is None else UserTask.assignee_id == held_by
    statement = update(UserTask).where(UserTask.id == task_id, UserTask.status == OPEN, holder)
    if not changed(session, statement.values(assignee_id=user_id, claimed_at=None if user_id is None else at)):
        raise _closed(session, task_id)


def set_due(session: Session, task_id: int, due_at: datetime | None, reason: dict[str, Any] | None) -> None:
    """Give an open task another due date; it may be marked overdue and escalated anew."""
    values = {"due_at": due_at, "due_reason": reason, "overdue_marked_at": None, "escalated_at": None}
    changed(session, update(UserTask).where(UserTask.id == task_id, UserTask.status == OPEN).values(values))


def _closed(session: Session, task_id: int) -> NotFound | TaskAlreadyClaimed | TaskAlreadyCompleted:
    statement = (
        select(UserTask.status, UserTask.claimed_at, UserTask.closed_at, User.name)
        .outerjoin(User, User.id == func.coalesce(UserTask.completed_by, UserTask.assignee_id))
        .where(UserTask.id == task_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return NotFound()
    status, claimed_at, closed_at, who = row
    if status == OPEN:
        return TaskAlreadyClaimed(who=who or "", when=claimed_at or "")
    return TaskAlreadyCompleted(who=who or "系统", when=closed_at or "")
