"""The audit trail: what was done, by whom and when, written with the act itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class AuditEntry(Base):
    """One act. `seq` and `hash` are given later by the sequencer, so that no row is fought over.

    It refers to nothing by a foreign key: the trail outlives what it tells of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(
            "ix_audit_entries_unsealed", "id", postgresql_where=text("seq IS NULL"), sqlite_where=text("seq IS NULL")
        ),
    )

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str]
    action: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(index=True)
    object_type: Mapped[str]
    object_id: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seq: Mapped[int | None] = mapped_column(unique=True)
    hash: Mapped[str | None]
    previous_hash: Mapped[str | None]
