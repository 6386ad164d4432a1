"""Counters behind the numbers of cases and letters."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base
from service.store.upserts import insert_into

HEARTBEAT: Final = "clock-heartbeat"  # when the clock ticked last, in seconds since 1970


class Counter(Base):
    """The last value given out under a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


def take(session: Session, name: str) -> int:
    """The next value under a name, from 1; gapless, because a rolled back act gives its value back.

    The row stays locked until the commit: take a number last.
    """
    statement = insert_into(session, Counter).values(name=name, value=1)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value + 1})
    return int(session.execute(statement.returning(Counter.value)).scalar_one())


def put(session: Session, name: str, value: int) -> None:
    """Set a counter."""
    statement = insert_into(session, Counter).values(name=name, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def reserve(session: Session, name: str) -> int:
    """The last value under a name (0 at first), its row locked until the commit: one holder at a time."""
    statement = insert_into(session, Counter).values(name=name, value=0)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value})
    return int(session.execute(statement.returning(Counter.value)).scalar_one())
