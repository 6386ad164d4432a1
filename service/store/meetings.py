"""Directors' meetings and the cases on their agenda."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Meeting(Base):
    """A meeting, which is a case of its own."""

    __tablename__ = "meetings"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    held_on: Mapped[date | None]
    number: Mapped[str | None]
    chair: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="planned")


class MeetingItem(Base):
    """A case on the agenda and what the meeting decided on it."""

    __tablename__ = "meeting_items"
    __table_args__ = (UniqueConstraint("meeting_id", "case_id"),)

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    position: Mapped[int]
    decision: Mapped[str | None]
    conditions: Mapped[str | None]
    papers_sent_at: Mapped[datetime | None]
    announced_at: Mapped[datetime | None]
