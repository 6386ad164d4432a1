"""Issued letters and receipts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Paper(Base):
    """A letter or receipt as issued; `code` is random, for the page that proves it genuine.

    `issuer_id` is the office whose paper it is; an applicant's own has none.
    """

    __tablename__ = "papers"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    letter: Mapped[str]
    number: Mapped[str | None] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    body: Mapped[str]
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    issuer_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    pdf_sha256: Mapped[str | None]
