"""Published messages that are kept for a while, for processes that do not wait for them yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, delete, or_, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.cases import Case
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.session import Base, Key, changed
from service.store.start_events import StartEventRow
from service.store.subscriptions import MESSAGE, Subscription
from service.store.upserts import insert_into


class KeptMessage(Base):
    """A message until `expires_at`: `taken` by these processes, once each; `refused` by the starts of these ids.

    `dedupe_key` makes it one.
    """

    __tablename__ = "kept_messages"
    __table_args__ = (Index("ix_kept_messages_name_key", "name", "key"),)

    id: Mapped[Key]
    name: Mapped[str]
    key: Mapped[str | None]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    taken: Mapped[list[Any]] = mapped_column(default=list)
    refused: Mapped[list[Any]] = mapped_column(default=list)


def keep(session: Session, row: KeptMessage) -> int | None:
    """Write a message; its id, or None when one of its `dedupe_key` is kept: it is the same, published again.

    Of two at once the second waits here for the first one's commit. `row` itself stays outside the session.
    """
    session.execute(delete(KeptMessage).where(KeptMessage.name == row.name, KeptMessage.expires_at <= row.published_at))
    values = {column.key: getattr(row, column.key) for column in KeptMessage.__table__.columns if column.key != "id"}
    statement = insert_into(session, KeptMessage).values(values).on_conflict_do_nothing().returning(KeptMessage.id)
    found: int | None = session.execute(statement).scalar_one_or_none()
    return found


def wanted(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """Ids of kept messages that a process which has not taken them waits for or can begin with, the oldest first.

    Read without a lock. A suspended case does not count as one that waits.
    """
    found: dict[int, None] = {}
    rows = session.execute(_takers(now).execution_options(yield_per=1000))
    for row_id, taken, process in rows:
        if process not in taken:
            found[row_id] = None
            if len(found) == limit:
                break
    rows.close()
    return list(found)


def _takers(now: datetime) -> Select[tuple[int, list[Any], str]]:
    """Each kept message with each process that waits for it or that it can begin, whether that has taken it or not."""
    same_key = or_(Subscription.key == KeptMessage.key, Subscription.key.is_(None) & KeptMessage.key.is_(None))
    everywhere = KeptMessage.authority_id.is_(None)
    places = select(Organisation.id).where(Organisation.code == StartEventRow.authority)
    kept = select(KeptMessage.id, KeptMessage.taken)
    waits = (
        kept.add_columns(Subscription.process.label("process"))
        .join(Subscription, (Subscription.kind == MESSAGE) & (Subscription.name == KeptMessage.name) & same_key)
        .join(Instance, Instance.id == Subscription.instance_id)
        .join(Case, Case.id == Instance.case_id)
        .where(KeptMessage.expires_at > now, Case.suspended_at.is_(None))
        .where(or_(everywhere, KeptMessage.authority_id == Case.authority_id))
    )
    begins = (
        kept.add_columns(StartEventRow.process.label("process"))
        .join(StartEventRow, (StartEventRow.kind == MESSAGE) & (StartEventRow.name == KeptMessage.name))
        .where(KeptMessage.expires_at > now, or_(everywhere, KeptMessage.authority_id.in_(places)))
    )
    both = union_all(waits, begins).subquery()
    return select(both.c.id, both.c.taken, both.c.process).order_by(both.c.id)


def take(session: Session, message_id: int, now: datetime) -> KeptMessage | None:
    """The message, locked, while it is kept and no other clock is at it."""
    statement = select(KeptMessage).where(KeptMessage.id == message_id, KeptMessage.expires_at > now)
    locked = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()


def forget(session: Session, now: datetime) -> int:
    """Delete what has expired; how many."""
    return changed(session, delete(KeptMessage).where(KeptMessage.expires_at <= now))
