"""The links by which a task can be done once without an account; the token of a link is never stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store import outbox
from service.store.session import Base, changed
from service.store.user_tasks import UserTask

BY_LINK: Final = "by-link"


class TaskLink(Base):
    """A link that was sent to an address; it holds while its task is open and in time, and only the newest does.

    `token_hash` is the sha256 of 256 random bits. `revoked_at` is also set by the next link of the same task.
    """

    __tablename__ = "task_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("user_tasks.id"), index=True)
    address: Mapped[str]
    sent_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def is_open_to_links(task: UserTask) -> bool:
    """Whether its diagram lets the task be done by link (property `by-link`)."""
    return BY_LINK in task.properties


def ask(session: Session, tasks: Iterable[UserTask], now: datetime, occasion: str = "opened") -> None:
    """Ask the outbox to make and mail a link for each task that may be done by one; once an occasion."""
    for task in tasks:
        if is_open_to_links(task):
            key = f"task-link:{task.id}:{occasion}"
            outbox.add(session, "task-link", {"task_id": task.id}, dedupe_key=key, now=now)


def newest(session: Session, task_ids: Collection[int]) -> dict[int, TaskLink]:
    """The newest link of each task that has had one."""
    if not task_ids:
        return {}
    found = session.scalars(select(TaskLink).where(TaskLink.task_id.in_(task_ids)).order_by(TaskLink.sent_at))
    return {row.task_id: row for row in found}


def revoke(session: Session, task_id: int, now: datetime) -> int:
    """End every link of a task that has neither been used nor revoked; how many."""
    unused = (TaskLink.task_id == task_id, TaskLink.used_at.is_(None), TaskLink.revoked_at.is_(None))
    return changed(session, update(TaskLink).where(*unused).values(revoked_at=now))
