"""Dispatches (汇总报送): what a recommending department sends to the authority in one act, and the cases in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.calls import Call, opened
from service.store.cases import Case
from service.store.session import Base, Key

RECOMMENDED: Final = "recommended"  # the state of a case that waits for its department's dispatch
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


def call_to_dispatch(session: Session, programme: str, on: date, competent_id: int) -> Call | None:
    """The call a department's dispatch belongs to: the first with a case that waits for one, else the last."""
    found = opened(session, programme, on)
    waiting = select(Case.call_id).where(
        Case.competent_id == competent_id,
        Case.call_id.in_([call.id for call in found]),
        Case.state == RECOMMENDED,
        Case.ended_at.is_(None),
        ~exists().where(DispatchItem.case_id == Case.id),
    )
    wanted = set(session.scalars(waiting))
    return next((call for call in reversed(found) if call.id in wanted), found[0] if found else None)
