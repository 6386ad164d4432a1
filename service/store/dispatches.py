"""Dispatches (汇总报送): what a recommending department sends to the authority in one act, and the cases in it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key

PICKED: Final = "picked"
SENT: Final = "sent"


class Dispatch(Base):
    """A dispatch, which is a case of its own; `sent_at` is the act that counts against the date."""

    __tablename__ = "dispatches"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    sent_at: Mapped[datetime | None]


class DispatchItem(Base):
    """A case in a dispatch; `result` is picked, sent, then received, returned, late or withdrawn."""

    __tablename__ = "dispatch_items"
    __table_args__ = (UniqueConstraint("dispatch_id", "case_id"),)

    id: Mapped[Key]
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    position: Mapped[int]
    result: Mapped[str]
    reason: Mapped[str | None]
