"""Counted attempts of one key within a window of time, shared by every node through the database."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, delete
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


def forget(session: Session, before: datetime) -> int:
    """Remove windows that began before an instant; how many."""
    return changed(session, delete(Throttle).where(Throttle.window_start_at < before))
