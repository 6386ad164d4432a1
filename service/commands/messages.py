"""Notifications inside the application: to a group or a person, and that they were read."""

from __future__ import annotations

from sqlalchemy import or_, update

from service.store.messages import Message
from service.store.unit_of_work import UnitOfWork


def mark_read(work: UnitOfWork, message_id: int | None = None) -> int:
    """Mark one message, or all of the actor's, as read; returns how many. Another person's message is not touched."""
    actor = work.actor
    mine = or_(Message.user_id == actor.user_id, Message.group_key.in_(sorted(actor.groups)))
    statement = update(Message).where(mine, Message.read_at.is_(None)).values(read_at=work.now)
    if message_id is not None:
        statement = statement.where(Message.id == message_id)
    return int(work.session.execute(statement).rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it
