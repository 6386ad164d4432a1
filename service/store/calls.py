"""Calls for declarations (批次) with the dates of their year."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key


class Call(Base):
    """A call of one programme; `dates` gives a named deadline its date of this year."""

    __tablename__ = "calls"
    __table_args__ = (UniqueConstraint("programme", "key"),)

    id: Mapped[Key]
    programme: Mapped[str]
    key: Mapped[str]
    year: Mapped[int]
    title: Mapped[str]
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    dates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(default="open")


def current(session: Session, programme: str, on: date) -> Call | None:
    """The call that takes declarations on a day (its last day included); the newest where there are several."""
    statement = select(Call).where(
        Call.programme == programme,
        Call.status == "open",
        or_(Call.opens_on.is_(None), Call.opens_on <= on),
        or_(Call.closes_on.is_(None), Call.closes_on >= on),
    )
    return session.scalars(statement.order_by(Call.id.desc()).limit(1)).first()
