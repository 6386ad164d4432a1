"""Calls for declarations (批次) with the dates of their year."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

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
