"""User tasks and the groups that may take them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key

OPEN, COMPLETED, CANCELLED = "open", "completed", "cancelled"
# A task without a due date stands behind all others; SQLite and PostgreSQL differ in where nulls go.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class UserTask(Base):
    """One piece of work for a person; `engine_task` is its number within the instance."""

    __tablename__ = "user_tasks"
    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task"),
        Index(
            "ix_user_tasks_open_due",
            "due_at",
            "id",
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
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
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
    overdue_marked_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]


class TaskGroup(Base):
    """A group that may take a task.

    `due_order` (the due instant, or NEVER) and `open` repeat the task's own, so that the first page of
    an inbox is read from one index however many tasks there are.
    """

    __tablename__ = "task_groups"
    __table_args__ = (
        Index(
            "ix_task_groups_inbox",
            "group_key",
            "due_order",
            "task_id",
            postgresql_where=text("open"),
            sqlite_where=text("open"),
        ),
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("user_tasks.id"), primary_key=True)
    group_key: Mapped[str] = mapped_column(primary_key=True)
    due_order: Mapped[datetime] = mapped_column(default=NEVER)
    open: Mapped[bool] = mapped_column(default=True)
