"""Keep the filters of the inbox under a name, for the person who set them; and forget them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, func, select

from service.domain.errors import InvalidInput, NotFound
from service.store.saved_filters import SavedFilter
from service.store.session import changed
from service.store.unit_of_work import UnitOfWork

MOST: Final = 20
LONGEST: Final = 20  # characters of a name


def save(work: UnitOfWork, name: str, query: Mapping[str, str]) -> None:
    """Keep the filters under a name; a name that is there already stands for the new ones from now on.

    Raises InvalidInput for a name of no or too many characters, and where MOST are kept.
    """
    name, person = " ".join(name.split()), work.actor.user_id
    if not 1 <= len(name) <= LONGEST:
        raise InvalidInput(field="视图名称", zh=f"请填写 1 至 {LONGEST} 字", en=f"give it 1 to {LONGEST} characters")
    mine = select(SavedFilter).where(SavedFilter.user_id == person)
    kept = work.session.scalars(mine.where(SavedFilter.name == name)).one_or_none()
    if kept is not None:
        kept.query, kept.saved_at = dict(query), work.now
        return
    if (work.session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
        raise InvalidInput(
            field="视图名称", zh=f"最多保存 {MOST} 个视图，请先删去一个", en=f"at most {MOST} views; remove one first"
        )
    work.session.add(SavedFilter(user_id=person, name=name, query=dict(query), saved_at=work.now))


def forget(work: UnitOfWork, filter_id: int) -> None:
    """Forget a saved filter of one's own; NotFound for any other."""
    gone = delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.user_id == work.actor.user_id)
    if not changed(work.session, gone):
        raise NotFound()
