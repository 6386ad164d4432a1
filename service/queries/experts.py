"""The pools of experts for those who keep them: a page of it, one expert, and who is tied to which unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from service.domain.access import remit_paths
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store.access import below, kept_pool
from service.store.experts import Absence, Expert
from service.store.organisations import Organisation
from service.store.relations import Relation, is_tied

MOST_TIES = 200
EMPLOYMENT, AVOIDED = "employment", "avoided"
AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class ExpertRow:
    """An expert of the pool; `away_until` is the last day of an absence that holds today."""

    expert_id: int
    user_id: int | None
    name: str
    employer: str
    employer_credit_code: str
    title: str
    field: str
    active: bool
    avoid: tuple[str, ...]
    authority: str
    away_until: date | None


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """Days on which an expert is not drawn; both ends are inclusive."""

    absence_id: int
    from_on: date
    to_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class TieRow:
    """Why an expert stays out of a unit's cases: employment, a joint project, another relation, or a unit to avoid."""

    expert_id: int
    expert: str
    unit: str
    kind: str
    until_on: date | None


@dataclass(frozen=True, slots=True)
class PoolRow:
    """An authority whose pool somebody keeps."""

    authority_id: int
    name: str


def pools(session: Session, actor: Actor) -> tuple[PoolRow, ...]:
    """The authorities whose pools the actor keeps, the highest first."""
    mine = below(remit_paths(actor, "keep-pool"))
    found = select(Organisation.id, Organisation.name).where(Organisation.kind == AUTHORITY, mine)
    return tuple(PoolRow(*row) for row in session.execute(found.order_by(Organisation.path)))


def page(
    session: Session, actor: Actor, today: date, *, text: str = "", state: str = "", after: str = "", size: int = PAGE
) -> Page[ExpertRow]:
    """Experts of the kept pools in the order they were entered; `state` is free, away or inactive."""
    position = read_id_cursor(after)
    chosen = _select(actor, today).order_by(Expert.id).limit(size + 1)
    if position is not None:
        chosen = chosen.where(Expert.id > position)
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        named = (Expert.name, Expert.employer, Expert.field)
        chosen = chosen.where(or_(*(column.ilike(pattern, escape="\\") for column in named)))
    away = exists().where(_away(today))
    if state:
        chosen = chosen.where({"free": and_(Expert.active, ~away), "away": away, "inactive": ~Expert.active}[state])
    shown, last = cut([_row(row) for row in session.execute(chosen)], size)
    return Page(shown, str(last.expert_id) if last else "")


def find(session: Session, actor: Actor, expert_id: int, today: date) -> ExpertRow:
    """One expert; raises NotFound, also for one of a pool the actor does not keep."""
    row = session.execute(_select(actor, today).where(Expert.id == expert_id)).first()
    if row is None:
        raise NotFound()
    return _row(row)


def absences(session: Session, expert_id: int) -> tuple[AbsenceRow, ...]:
    """The noted absences of an expert, the latest first."""
    found = session.execute(
        select(Absence.id, Absence.from_on, Absence.to_on, Absence.reason)
        .where(Absence.expert_id == expert_id)
        .order_by(Absence.from_on.desc(), Absence.id)
    )
    return tuple(AbsenceRow(*row) for row in found)


def ties(session: Session, actor: Actor, today: date, expert_id: int | None = None) -> tuple[TieRow, ...]:
    """The ties that hold today, of one expert or of the kept pools; an employer is one of them.

    At most one more than MOST_TIES, which says that there are more.
    """
    mine = kept_pool(actor)
    experts = select(Expert).where(mine, Expert.active).order_by(Expert.id)
    declared = (
        select(Expert.id, Expert.name, Relation.unit, Relation.kind, Relation.until_on)
        .join(Relation, Relation.user_id == Expert.user_id)
        .where(mine, Expert.active, is_tied(today))
        .order_by(Expert.id, Relation.id)
    )
    if expert_id is not None:
        experts, declared = experts.where(Expert.id == expert_id), declared.where(Expert.id == expert_id)
    rows: list[TieRow] = []
    for one in session.scalars(experts.limit(MOST_TIES + 1)):
        rows.append(TieRow(one.id, one.name, one.employer, EMPLOYMENT, None))
        rows += [TieRow(one.id, one.name, unit, AVOIDED, None) for unit in one.avoid]
    rows += [TieRow(*row) for row in session.execute(declared.limit(MOST_TIES + 1))]
    return tuple(sorted(rows, key=lambda row: (row.expert_id, row.unit))[: MOST_TIES + 1])


def _away(today: date) -> Any:
    return (Absence.expert_id == Expert.id) & (Absence.from_on <= today) & (Absence.to_on >= today)


def _select(actor: Actor, today: date) -> Select[*tuple[Any, ...]]:
    until = select(Absence.to_on).where(_away(today)).order_by(Absence.to_on.desc()).limit(1).scalar_subquery()
    kept = select(Expert, Organisation.name, until).join(Organisation, Organisation.id == Expert.authority_id)
    return kept.where(kept_pool(actor))


def _row(row: Any) -> ExpertRow:
    one, authority, until = row
    return ExpertRow(
        one.id, one.user_id, one.name, one.employer, one.employer_credit_code or "", one.title, one.field, one.active,
        tuple(one.avoid), authority, until,
    )  # fmt: skip
