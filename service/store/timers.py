"""Timers of the engine, as rows that the clock reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Timer(Base):
    """A waiting timer. Without `due_at` it is paused; `ends` lists the open tasks its firing cancels."""

    __tablename__ = "timers"
    __table_args__ = (UniqueConstraint("instance_id", "engine_task"),)

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    engine_task: Mapped[int]
    element: Mapped[str]
    process: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    deadline: Mapped[str | None]
    ends: Mapped[list[Any]] = mapped_column(default=list)
