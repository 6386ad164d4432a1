"""The member units of a declaration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Member(Base):
    """A unit on the member list of the declaration it was recorded from (`submission_id`)."""

    __tablename__ = "members"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(index=True)
    credit_code: Mapped[str | None] = mapped_column(index=True)
    kind: Mapped[str | None]
    role: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
