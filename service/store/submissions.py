"""Submitted forms, one typed row each, and the drafts before them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Submission(Base):
    """One submitted form; `form_digest` is the version that judged it, `item` the inputs of its task."""

    __tablename__ = "submissions"
    __table_args__ = (Index("ix_submissions_case_id_form", "case_id", "form"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("user_tasks.id"), index=True)
    form: Mapped[str]
    form_digest: Mapped[str]
    data: Mapped[dict[str, Any]]
    item: Mapped[dict[str, Any]] = mapped_column(default=dict)
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime]


class Draft(Base):
    """What one person has entered so far for one task; `revision` tells two windows apart."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("task_id", "user_id"),)

    id: Mapped[Key]
    task_id: Mapped[int] = mapped_column(ForeignKey("user_tasks.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    data: Mapped[dict[str, Any]]
    form_digest: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]
