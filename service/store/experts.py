"""The pool of experts, and when they cannot be drawn."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Expert(Base):
    """An expert of one authority's pool; `avoid` lists credit codes and names of units whose cases are never shown."""

    __tablename__ = "experts"

    id: Mapped[Key]
    authority_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    name: Mapped[str]
    employer: Mapped[str]
    employer_credit_code: Mapped[str | None]
    title: Mapped[str] = mapped_column(default="")
    field: Mapped[str] = mapped_column(index=True)
    active: Mapped[bool] = mapped_column(default=True)
    avoid: Mapped[list[Any]] = mapped_column(default=list)


class Absence(Base):
    """Days on which an expert is not drawn, nor for a review on one of them; both ends are inclusive."""

    __tablename__ = "absences"
    __table_args__ = (CheckConstraint("from_on <= to_on", name="ck_absences_in_order"),)

    id: Mapped[Key]
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    reason: Mapped[str] = mapped_column(default="")
