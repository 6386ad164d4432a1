"""The filters of the inbox that a person has kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.store.saved_filters import SavedFilter


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A name and the query string it stands for."""

    filter_id: int
    name: str
    query: Mapping[str, Any]


def saved_filters(session: Session, actor: Actor) -> tuple[SavedRow, ...]:
    """The person's own, in the order of their names."""
    found = select(SavedFilter.id, SavedFilter.name, SavedFilter.query).where(SavedFilter.user_id == actor.user_id)
    return tuple(SavedRow(*row) for row in session.execute(found.order_by(SavedFilter.name)))
