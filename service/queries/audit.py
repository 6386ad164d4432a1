"""The audit trail read and verified: every sealed entry against its hash, and what is not sealed yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from service.domain.access import remit_paths
from service.domain.deadlines import end_of, start_of
from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store.access import below, of_remit, stays_out
from service.store.audit import AuditEntry
from service.store.audit_chain import Report
from service.store.audit_chain import verify as verify_chain
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.users import User


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One act of the trail; `seq` and `hash` once it is sealed."""

    entry_id: int
    at: datetime
    who: str
    action: str
    case_id: int | None
    case_number: str
    object_type: str
    object_id: str
    object_name: str
    details: Mapping[str, Any]
    seq: int | None
    hash: str


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """What narrows the trail; both days are inclusive."""

    who: str = ""
    action: str = ""
    case_number: str = ""
    from_on: date | None = None
    to_on: date | None = None


def page(session: Session, actor: Actor, filters: TrailFilters, after: str = "", size: int = PAGE) -> Page[EntryRow]:
    """The trail of the authorities the actor audits for, the newest first.

    Of cases: those of these authorities, without those the actor has to stay out of. Without a case: what people of
    these authorities and the service itself did.
    """
    position = read_id_cursor(after)
    chosen = (
        select(AuditEntry, Case.number)
        .outerjoin(Case, Case.id == AuditEntry.case_id)
        .where(_audited(actor))
        .order_by(AuditEntry.id.desc())
        .limit(size + 1)
    )
    if position is not None:
        chosen = chosen.where(AuditEntry.id < position)
    found = session.execute(_narrowed(chosen, filters)).all()
    names = _people(session, [one.object_id for one, _ in found if one.object_type == "user"])
    rows = [
        EntryRow(
            one.id, one.at, one.actor_name, one.action, one.case_id, number or "", one.object_type, one.object_id,
            names.get(one.object_id, "") if one.object_type == "user" else "", one.details, one.seq, one.hash or "",
        )
        for one, number in found
    ]  # fmt: skip
    shown, last = cut(rows, size)
    return Page(shown, str(last.entry_id) if last else "")


def _people(session: Session, keys: Sequence[str]) -> dict[str, str]:
    """The names of accounts by their numbers as the trail writes them."""
    numbers = {int(key) for key in keys if key.isdecimal()}
    if not numbers:
        return {}
    found = session.execute(select(User.id, User.name).where(User.id.in_(numbers)))
    return {str(user_id): name for user_id, name in found}


def actions(session: Session) -> tuple[str, ...]:
    """Every kind of act in the trail, each found behind the last in the index: the trail is long, the kinds are few."""
    kinds = select(func.min(AuditEntry.action).label("action")).cte("kinds", recursive=True)
    following = select(func.min(AuditEntry.action)).where(AuditEntry.action > kinds.c.action).scalar_subquery()
    kinds = kinds.union_all(select(following).select_from(kinds).where(kinds.c.action.is_not(None)))
    return tuple(session.scalars(select(kinds.c.action).where(kinds.c.action.is_not(None)).order_by(kinds.c.action)))


def _audited(actor: Actor) -> ColumnElement[bool]:
    of_case = and_(AuditEntry.case_id.is_not(None), of_remit(actor, "audit"), ~stays_out(actor))
    people = (
        select(User.id)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(below(remit_paths(actor, "audit")))
    )
    of_none = and_(AuditEntry.case_id.is_(None), or_(AuditEntry.actor_id.is_(None), AuditEntry.actor_id.in_(people)))
    return or_(of_case, of_none)


def _narrowed(chosen: Any, filters: TrailFilters) -> Any:
    if filters.who:
        chosen = chosen.where(AuditEntry.actor_name.icontains(filters.who, autoescape=True))
    if filters.action:
        chosen = chosen.where(AuditEntry.action == filters.action)
    if filters.case_number:
        chosen = chosen.where(Case.number == filters.case_number)
    if filters.from_on is not None:
        chosen = chosen.where(AuditEntry.at >= start_of(filters.from_on))
    if filters.to_on is not None:
        chosen = chosen.where(AuditEntry.at < end_of(filters.to_on))
    return chosen


def verify(session: Session) -> Report:
    """Walk the whole chain; the report names each break and the unsealed tail."""
    return verify_chain(session)
