"""Signatures that somebody who has a task asks others for, before acting or after (加签)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key

BEFORE, AFTER = "before", "after"
OPEN, SIGNED, REMOVED = "open", "signed", "removed"


class Signature(Base):
    """One person's signature on one task; it is open only as long as its task is."""

    __tablename__ = "signatures"
    __table_args__ = (
        Index(
            "ix_signatures_open_user_id",
            "user_id",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_tasks.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    place: Mapped[str]
    state: Mapped[str] = mapped_column(default=OPEN)
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    question: Mapped[str]
    agrees: Mapped[bool | None]
    opinion: Mapped[str | None]
    closed_at: Mapped[datetime | None]


def of_task(session: Session, task_id: int) -> Sequence[Signature]:
    """Every signature asked for on the task, in the order asked, read afresh."""
    found = select(Signature).where(Signature.task_id == task_id).order_by(Signature.id)
    return session.scalars(found.execution_options(populate_existing=True)).all()
