"""The deadlines of a case, each with the reason of its date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Deadline(Base):
    """A running deadline; half open: at `due_at` it is over.

    `stage` is the id of the process that started it, `task_id` the task for a rule that starts anew at each
    opening; `extended` lists what was added, by whom and why.
    """

    __tablename__ = "deadlines"
    __table_args__ = (
        Index("ix_deadlines_case_id_name", "case_id", "name"),
        Index(
            "ix_deadlines_running",
            "due_at",
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    name: Mapped[str]
    stage: Mapped[str | None]
    task_id: Mapped[int | None] = mapped_column(ForeignKey("user_tasks.id"), index=True)
    anchor_on: Mapped[date]
    due_at: Mapped[datetime]
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="running")
    paused_at: Mapped[datetime | None]
    extended: Mapped[list[Any]] = mapped_column(default=list)
