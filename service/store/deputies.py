"""Who stands in for whom, and until when (代理)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ForeignKey, and_, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key


class Deputy(Base):
    """A person who acts for another in these roles; both days are inclusive. `ended_at`: called back early."""

    __tablename__ = "deputies"

    id: Mapped[Key]
    principal_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    roles: Mapped[list[Any]]
    from_on: Mapped[date]
    to_on: Mapped[date]
    reason: Mapped[str]
    appointed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def stands(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """A condition on `Deputy`: it holds today."""
    return and_(Deputy.ended_at.is_(None), Deputy.from_on <= today, Deputy.to_on >= today)


def overlapping(session: Session, principal_id: int, from_on: date, to_on: date) -> int:
    """How many deputies of the person hold on one of these days."""
    meets = and_(Deputy.ended_at.is_(None), Deputy.from_on <= to_on, Deputy.to_on >= from_on)
    found = session.scalar(select(func.count(Deputy.id)).where(Deputy.principal_id == principal_id, meets))
    return int(found or 0)
