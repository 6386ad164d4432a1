"""Submitted forms, one typed row each, and the drafts before them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key, changed


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


def copy_draft(
    session: Session, task_id: int, source: int | None, target: int | None, *, over: bool, at: datetime
) -> bool:
    """What one person has entered becomes another's draft; `over` replaces one that is there. Whether it did."""
    rows = {one.user_id: one for one in session.scalars(select(Draft).where(Draft.task_id == task_id))}
    given, kept = rows.get(source or 0), rows.get(target or 0)
    if given is None or target is None or (kept is not None and not over):
        return False
    values: dict[str, Any] = {"data": given.data, "form_digest": given.form_digest, "saved_at": at}
    if kept is None:
        session.add(Draft(task_id=task_id, user_id=target, revision=1, **values))
    else:
        changed(session, update(Draft).where(Draft.id == kept.id).values(revision=kept.revision + 1, **values))
    return True
