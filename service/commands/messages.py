"""Notifications inside the application: to a group or a person, and that they were read."""

from __future__ import annotations

from sqlalchemy import update

from service.store.access import addressed_to
from service.store.messages import Message
from service.store.session import changed
from service.store.unit_of_work import UnitOfWork


def mark_read(work: UnitOfWork, message_id: int | None = None) -> int:
    """Mark one message, or all of the actor's, as read; returns how many. Another person's message is not touched."""
    actor = work.actor
    statement = update(Message).where(addressed_to(actor), Message.read_at.is_(None)).values(read_at=work.now)
    if message_id is not None:
        statement = statement.where(Message.id == message_id)
    return changed(work.session, statement)
