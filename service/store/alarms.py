"""What the clock tells people about an open task: reminders before its due date, the mark after it, the escalation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key

REMINDER, OVERDUE, ESCALATION = "reminder", "overdue", "escalation"


class Alarm(Base):
    """One thing to tell once, at or after `at`; without `at` it rests while the deadline is paused."""

    __tablename__ = "alarms"
    __table_args__ = (
        Index(
            "ix_alarms_waiting", "at", postgresql_where=text("sent_at IS NULL"), sqlite_where=text("sent_at IS NULL")
        ),
    )

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_tasks.id"), index=True)
    kind: Mapped[str]
    escalate_to: Mapped[str | None]
    at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
