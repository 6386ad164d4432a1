"""What the frame of every page tells a signed-in person: open tasks, unread messages, desks. In one statement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.queries import inbox
from service.queries.paper_desk import RECEIPT_FORM
from service.store.access import KEPT_CONDITIONS, addressed_to
from service.store.messages import Message
from service.store.registrations import answered_for
from service.store.user_tasks import IS_OPEN, TaskGroup, UserTask

MOST_UNREAD: Final = 99


@dataclass(frozen=True, slots=True)
class Frame:
    """Tasks that are mine and free to take, each counted to `inbox.COUNT_LIMIT`; unread messages to `MOST_UNREAD`.

    `papers`: there are some for the actor to receive. `registrations`: those of units are the actor's to decide.
    """

    mine: int
    groups: int
    unread: int
    papers: bool
    registrations: bool

    @property
    def open_tasks(self) -> int:
        """All that the actor could work on."""
        return self.mine + self.groups


def frame(session: Session, actor: Actor) -> Frame:
    """The actor's frame as it is now."""
    statement, values = _asking(actor)
    return Frame(*session.execute(statement, values).one())


@lru_cache(maxsize=KEPT_CONDITIONS)
def _asking(actor: Actor) -> tuple[Select[Any], dict[str, Any]]:
    """The statement and its values hang on nothing but the actor: putting them together costs more than the answer."""
    mine, its_values = inbox.counting(actor, "mine")
    groups, their_values = inbox.counting(actor, "groups")
    unread = select(Message.id).where(Message.read_at.is_(None), addressed_to(actor)).limit(MOST_UNREAD).subquery()
    count = select(func.count()).select_from(unread).scalar_subquery()
    departments = exists().where(answered_for(actor))
    return select(mine, groups, count, _receipts(actor), departments), its_values | their_values


def _receipts(actor: Actor) -> ColumnElement[bool]:
    in_group = exists().where(TaskGroup.task_id == UserTask.id, TaskGroup.group_key.in_(sorted(actor.groups)))
    return exists().where(
        IS_OPEN,
        UserTask.form == RECEIPT_FORM,
        or_(UserTask.assignee_id == actor.user_id, in_group),
    )
