"""Keys of requests already answered, so that a repeat gets the first answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.domain.errors import Conflict
from service.store.session import Base, changed
from service.store.upserts import insert_into


class RequestKey(Base):
    """A request of an actor and its answer."""

    __tablename__ = "request_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    actor_id: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]
    at: Mapped[datetime] = mapped_column(index=True)


def remember(session: Session, key: str, given: dict[str, Any], *, actor_id: int, at: datetime) -> None:
    """Keep the answer to a request (JSON) with the act itself.

    Two copies of one request at the same time: the second waits here for the first one's commit and is a Conflict, as
    is a key that was used for something else; asked again, it reads the answer.
    """
    statement = insert_into(session, RequestKey).values(key=key, actor_id=actor_id, answer=given, at=at)
    statement = statement.on_conflict_do_nothing(index_elements=["key"]).returning(RequestKey.key)
    if session.execute(statement).scalar_one_or_none() is None:
        raise Conflict()


def forget(session: Session, before: datetime) -> int:
    """Drop keys older than any repeat; how many."""
    return changed(session, delete(RequestKey).where(RequestKey.at < before))
