"""Jobs: service tasks whose work a program outside does, each leased to one worker at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, exists, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.cases import Case
from service.store.session import Base, Key, changed

OPEN, COMPLETED, FAILED, THROWN, CANCELLED = "open", "completed", "failed", "thrown", "cancelled"


class Job(Base):
    """The work of one waiting token; `inputs` is all that leaves the service, `group_key` who may work on it.

    While `state` is open, `free_at` is the instant from which it may be handed out: the end of a lease or a back-off.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task"),
        Index(
            "ix_jobs_open",
            "type",
            "group_key",
            "free_at",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    engine_task: Mapped[int]
    element: Mapped[str]
    process: Mapped[str]
    type: Mapped[str]
    group_key: Mapped[str]
    inputs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    retries: Mapped[int]
    state: Mapped[str] = mapped_column(default=OPEN)
    worker: Mapped[str] = mapped_column(default="")
    free_at: Mapped[datetime]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


def at_token(session: Session, instance_id: int, engine_task: int) -> Job | None:
    """The job of a token, open or not."""
    statement = select(Job).where(Job.instance_id == instance_id, Job.engine_task == engine_task)
    return session.scalars(statement).one_or_none()


def free(session: Session, kind: str, groups: Collection[str], now: datetime, most: int) -> Sequence[Job]:
    """Open jobs of a type that nobody holds now, the longest free first, locked; those being taken are left out."""
    statement = (
        select(Job)
        .where(*_free(kind, groups, now))
        .order_by(Job.free_at, Job.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).all()


def any_free(session: Session, kind: str, groups: Collection[str], now: datetime) -> bool:
    """Whether there is such a job; asked without a lock, again and again."""
    return session.scalar(select(Job.id).where(*_free(kind, groups, now)).limit(1)) is not None


def _free(kind: str, groups: Collection[str], now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of this type, for one of these groups, open and not held; a suspended case's job waits until it is resumed."""
    still = exists().where(Case.id == Job.case_id, Case.suspended_at.is_not(None))
    return Job.type == kind, Job.group_key.in_(sorted(groups)), Job.state == OPEN, Job.free_at <= now, ~still


def cancel(session: Session, instance_id: int, engine_tasks: Collection[int], *, at: datetime) -> None:
    """Close those jobs of an instance that are still open: the engine has left them."""
    mine = (Job.instance_id == instance_id, Job.engine_task.in_(engine_tasks), Job.state == OPEN)
    changed(session, update(Job).where(*mine).values(state=CANCELLED, closed_at=at, changed_at=at))
