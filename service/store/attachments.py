"""Uploaded files: what is known of them; their bytes are a blob named by `sha256`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key

ERASED: Final = "erased"
UNANSWERED: Final = "unavailable"  # the scanner did not answer: asked again when somebody wants the file
GIVEN_OUT: Final = frozenset({"clean", "not-scanned"})


class Attachment(Base):
    """A file of a case; `code` ('att-…') is what forms and addresses name.

    `scan` is what the scanner said; ERASED for one whose bytes and name are gone because their time is over.
    """

    __tablename__ = "attachments"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("user_tasks.id"), index=True)
    field: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(index=True)
    scan: Mapped[str] = mapped_column(default="not-scanned")
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    uploaded_at: Mapped[datetime]
