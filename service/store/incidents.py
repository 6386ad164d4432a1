"""Failures of automatic steps, visible until resolved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Incident(Base):
    """A token parked at a failing element; with `next_try_at` the clock tries again by itself."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index(
            "ix_incidents_open",
            "next_try_at",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    engine_task: Mapped[int]
    element: Mapped[str]
    name: Mapped[str]
    code: Mapped[str]
    zh: Mapped[str]
    en: Mapped[str]
    tries: Mapped[int] = mapped_column(default=1)
    next_try_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="open")
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
