"""Counters behind the numbers of cases and letters."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base


class Counter(Base):
    """The last value given out under a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
