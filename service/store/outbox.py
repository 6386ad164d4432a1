"""What leaves the database or moves another instance, written with the act and done after its commit."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Index, Update, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key, changed
from service.store.upserts import insert_into

PENDING, LEASED, DONE, DEAD = "pending", "leased", "done", "dead"
LEASE: Final = timedelta(minutes=2)


class OutboxEntry(Base):
    """One mail, message, start or document to be done at least once; `dedupe_key` makes it one."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next_try_at", "state", "next_try_at"),)

    id: Mapped[Key]
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="pending")
    leased_until_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Lease:
    """An entry handed to one worker until `until`; what it says was true when it was leased."""

    id: int
    kind: str
    payload: dict[str, Any]
    dedupe_key: str
    tries: int
    created_at: datetime
    until: datetime


def add(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    dedupe_key: str,
    now: datetime,
    wait: timedelta = timedelta(),
) -> bool:
    """Write an entry with the act that causes it, done after `wait`; False when one of this key stands already."""
    statement = insert_into(session, OutboxEntry).values(
        kind=kind,
        payload=payload,
        dedupe_key=dedupe_key,
        state=PENDING,
        tries=0,
        next_try_at=now + wait,
        created_at=now,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(OutboxEntry.id)
    return session.execute(statement).scalar_one_or_none() is not None


def collect(
    session: Session, kind: str, payload: dict[str, Any], item: int, *, dedupe_key: str, now: datetime, wait: timedelta
) -> None:
    """Put an item into the entry of this key (`items` of its payload); one taken already is followed by another.

    The entry is locked until the commit: whoever collects for several keys takes them in order.
    """
    for turn in itertools.count(1):
        key = f"{dedupe_key}:{turn}"
        if add(session, kind, {**payload, "items": [item]}, dedupe_key=key, now=now, wait=wait):
            return
        waiting = select(OutboxEntry).where(OutboxEntry.dedupe_key == key, OutboxEntry.state == PENDING)
        locked = waiting.with_for_update().execution_options(populate_existing=True)
        entry = session.scalars(locked).one_or_none()
        if entry is not None:
            entry.payload = {**entry.payload, "items": [*entry.payload["items"], item]}
            return


def lease(session: Session, now: datetime, *, limit: int = 20, kinds: Collection[str] = ()) -> tuple[Lease, ...]:
    """Take entries that are due, in order, for LEASE; commit before doing them.

    Entries that another node is taking are passed over. An entry whose lease ran out (its worker died) is due again,
    and the try counts.
    """
    statement = select(OutboxEntry).where(OutboxEntry.state.in_((PENDING, LEASED)), OutboxEntry.next_try_at <= now)
    if kinds:
        statement = statement.where(OutboxEntry.kind.in_(kinds))
    statement = statement.order_by(OutboxEntry.next_try_at, OutboxEntry.id).limit(limit)
    entries = session.scalars(statement.with_for_update(skip_locked=True)).all()
    until = now + LEASE
    if entries:
        taken = update(OutboxEntry).where(OutboxEntry.id.in_([entry.id for entry in entries]))
        changed(
            session,
            taken.values(state=LEASED, leased_until_at=until, next_try_at=until, tries=OutboxEntry.tries + 1),
        )
    return tuple(Lease(e.id, e.kind, e.payload, e.dedupe_key, e.tries + 1, e.created_at, until) for e in entries)


def mark_done(session: Session, leased: Lease, *, now: datetime) -> bool:
    """Close an entry; False when the lease ran out and another worker has taken it."""
    statement = _held(leased).values(state=DONE, done_at=now, leased_until_at=None, last_error=None)
    return bool(changed(session, statement))


def mark_failed(session: Session, leased: Lease, error: str, *, next_try_at: datetime | None) -> bool:
    """Give an entry back for another try, or for good (`next_try_at` None: dead, to be seen by an operator)."""
    values: dict[str, Any] = {"leased_until_at": None, "last_error": error[:2000], "state": DEAD}
    if next_try_at is not None:
        values |= {"state": PENDING, "next_try_at": next_try_at}
    return bool(changed(session, _held(leased).values(values)))


def _held(leased: Lease) -> Update:
    return update(OutboxEntry).where(
        OutboxEntry.id == leased.id, OutboxEntry.state == LEASED, OutboxEntry.leased_until_at == leased.until
    )
