"""What leaves the database or moves another instance, written with the act and done after its commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class OutboxEntry(Base):
    """One mail, message, start or document to be done at least once; `dedupe_key` makes it one."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next_try_at", "state", "next_try_at"),)

    id: Mapped[Key]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="pending")
    leased_until_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
