"""Timers of the engine, as rows that the clock reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.cases import Case
from service.store.instances import Instance
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


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer to fire: which, and of which instance."""

    id: int
    instance_id: int
    engine_task: int


def due(session: Session, now: datetime, limit: int) -> tuple[DueTimer, ...]:
    """Timers due at `now`, in due order, without those of suspended cases.

    Read without a lock: check each again under its instance's lock.
    """
    statement = (
        select(Timer.id, Timer.instance_id, Timer.engine_task)
        .join(Instance, Instance.id == Timer.instance_id)
        .join(Case, Case.id == Instance.case_id)
        .where(Timer.due_at <= now, Case.suspended_at.is_(None))
        .order_by(Timer.due_at, Timer.id)
        .limit(limit)
    )
    return tuple(DueTimer(*row) for row in session.execute(statement))


def still_due(session: Session, timer_id: int, now: datetime) -> Timer | None:
    """The timer if it still waits and is due: asked again under the lock, so that none fires twice or too early."""
    statement = select(Timer).where(Timer.id == timer_id, Timer.due_at <= now)
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
