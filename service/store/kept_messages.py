"""Published messages that are kept for a while, for processes that do not wait for them yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, delete, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key, changed
from service.store.start_events import StartEventRow
from service.store.subscriptions import MESSAGE, Subscription


class KeptMessage(Base):
    """A message until `expires_at`; each process takes it once, `taken` says which have."""

    __tablename__ = "kept_messages"
    __table_args__ = (Index("ix_kept_messages_name_key", "name", "key"),)

    id: Mapped[Key]
    name: Mapped[str]
    key: Mapped[str | None]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message_id: Mapped[str | None]
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    taken: Mapped[list[Any]] = mapped_column(default=list)


def stands(session: Session, name: str, key: str | None, message_id: str, now: datetime) -> bool:
    """Whether a message of this name, key and id is still kept: then it is the same one, published again."""
    same_key = KeptMessage.key.is_(None) if key is None else KeptMessage.key == key
    statement = select(KeptMessage.id).where(
        KeptMessage.name == name, same_key, KeptMessage.message_id == message_id, KeptMessage.expires_at > now
    )
    return session.scalar(statement.limit(1)) is not None


def wanted(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Ids of kept messages that something waits for or that can begin a case, the oldest first; read without a lock."""
    waits = exists().where(
        Subscription.kind == MESSAGE,
        Subscription.name == KeptMessage.name,
        or_(Subscription.key == KeptMessage.key, Subscription.key.is_(None) & KeptMessage.key.is_(None)),
    )
    begins = exists().where(StartEventRow.kind == MESSAGE, StartEventRow.name == KeptMessage.name)
    statement = select(KeptMessage.id).where(KeptMessage.expires_at > now, or_(waits, begins))
    return session.scalars(statement.order_by(KeptMessage.id).limit(limit)).all()


def take(session: Session, message_id: int, now: datetime) -> KeptMessage | None:
    """The message, locked, while it is kept and no other clock is at it."""
    statement = select(KeptMessage).where(KeptMessage.id == message_id, KeptMessage.expires_at > now)
    locked = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def forget(session: Session, now: datetime) -> int:
    """Delete what has expired; how many."""
    return changed(session, delete(KeptMessage).where(KeptMessage.expires_at <= now))
