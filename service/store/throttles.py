"""Counted attempts of one key within a window of time, shared by every node through the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, changed
from service.store.upserts import insert_into


class Throttle(Base):
    """The number of attempts of one key since `window_start_at`."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)


def count(session: Session, key: str, now: datetime, window: timedelta) -> tuple[int, datetime]:
    """Count an attempt; how many there were in the running window, this one included, and when the window ends.

    One statement, so that two nodes that count at once count two.
    """
    fresh = Throttle.window_start_at <= now - window
    statement = (
        insert_into(session, Throttle)
        .values(key=key, window_start_at=now, count=1)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": case((fresh, 1), else_=Throttle.count + 1),
                "window_start_at": case((fresh, now), else_=Throttle.window_start_at),
            },
        )
        .returning(Throttle.count, Throttle.window_start_at)
    )
    number, start = session.execute(statement).one()
    return int(number), start + window


def standing(session: Session, key: str, now: datetime, window: timedelta) -> tuple[int, datetime]:
    """How many attempts stand in the running window, and when it ends; counts nothing."""
    statement = select(Throttle).where(Throttle.key == key, Throttle.window_start_at > now - window)
    row = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    return (row.count, row.window_start_at + window) if row is not None else (0, now)


def prolong(session: Session, key: str, now: datetime) -> None:
    """Let the window with all its attempts begin anew now."""
    changed(session, update(Throttle).where(Throttle.key == key).values(window_start_at=now))


def reset(session: Session, key: str) -> None:
    """Forget the attempts of a key."""
    changed(session, delete(Throttle).where(Throttle.key == key))


def forget(session: Session, before: datetime) -> int:
    """Remove windows that began before an instant; how many."""
    return changed(session, delete(Throttle).where(Throttle.window_start_at < before))
