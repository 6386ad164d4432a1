"""The pool of experts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Expert(Base):
    """An expert; `avoid` lists credit codes and names of units whose cases this expert never sees."""

    __tablename__ = "experts"

    id: Mapped[Key]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    name: Mapped[str]
    employer: Mapped[str]
    employer_credit_code: Mapped[str | None]
    field: Mapped[str] = mapped_column(index=True)
    active: Mapped[bool] = mapped_column(default=True)
    avoid: Mapped[list[Any]] = mapped_column(default=list)
