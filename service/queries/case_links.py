"""Cases and entries that hang together across programmes: what a case rests on, and what rests on its centre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.programmes.manifest import Manifest
from service.queries import programmes
from service.store.access import visible
from service.store.case_bases import CaseBasis
from service.store.cases import Case
from service.store.register import RegisterEntry


@dataclass(frozen=True, slots=True)
class LinkedEntry:
    """The entry a case rests on; `kind` is promotion or approval."""

    number: str
    name: str
    state: str
    kind: str


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case above or below; `case_id` is None and the state is not told where the reader may not see the case."""

    number: str
    programme: str
    programme_en: str
    state: str
    case_id: int | None


@dataclass(frozen=True, slots=True)
class Links:
    """What a case's page says: the entry below and its nomination, or the cases that would promote its centre."""

    entry: LinkedEntry | None
    below: tuple[LinkedCase, ...]
    above: tuple[LinkedCase, ...]


def links(session: Session, actor: Actor, case_id: int) -> Links:
    """The links of a case that the actor was found to see. Three statements."""
    found = session.execute(
        select(RegisterEntry, CaseBasis.kind, CaseBasis.nomination_id)
        .join(CaseBasis, CaseBasis.register_entry_id == RegisterEntry.id)
        .where(CaseBasis.case_id == case_id)
    ).first()
    nomination = found[2] if found else None
    about = select(Case.register_entry_id).where(Case.id == case_id).scalar_subquery()
    wanted = or_(Case.id == nomination, (CaseBasis.register_entry_id == about) & (CaseBasis.case_id == Case.id))
    rows = session.execute(
        select(Case, visible(actor)).outerjoin(CaseBasis, CaseBasis.case_id == Case.id).where(wanted).order_by(Case.id)
    ).all()
    names = {key: row.manifest for key, row in programmes.newest(session).items()} if rows else {}
    told = [(case.id == nomination, _case(case, seen, names)) for case, seen in rows]
    entry = LinkedEntry(found[0].number, found[0].name, found[0].state, found[1]) if found else None
    return Links(entry, tuple(row for below, row in told if below), tuple(row for below, row in told if not below))


def _case(case: Case, seen: bool, manifests: Mapping[str, Manifest]) -> LinkedCase:
    manifest = manifests[case.programme]
    return LinkedCase(
        number=case.number or "",
        programme=manifest.name,
        programme_en=manifest.name_en or manifest.name,
        state=case.state if seen else "",
        case_id=case.id if seen else None,
    )
