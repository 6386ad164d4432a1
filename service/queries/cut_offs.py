"""The dates of an open call that a department may set for the units it is competent for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.programmes.manifest import Manifest
from service.queries import programmes
from service.store import calls
from service.store.calls import Call
from service.store.cases import Case


@dataclass(frozen=True, slots=True)
class CutOff:
    """One such date: as it stands for the department's units, and the date of the authority it must not pass."""

    call_id: int
    call_title: str
    programme: str
    name: str
    label: str
    on: date
    until_label: str
    until: date
    own: bool  # whether the department has set it
    open: bool  # whether it may still be set: no unit has begun to declare by it


def cut_offs(
    session: Session, actor: Actor, today: date, known: Mapping[str, programmes.ProgrammeRow] | None = None
) -> tuple[CutOff, ...]:
    """The dates of every open call that are the actor's department's to set; none for who belongs to no department.

    `known` are the newest programmes, where they have been read.
    """
    place = actor.organisation_id
    if place is None:
        return ()
    running = select(Call).where(Call.status == "open", or_(Call.opens_on.is_(None), Call.opens_on <= today))
    known = programmes.newest(session) if known is None else known
    paths = programmes.authority_paths(session)
    found: list[CutOff] = []
    for call in session.scalars(running.order_by(Call.id.desc())):
        programme = known.get(call.programme)
        if programme is None:
            continue
        above = paths.get(programme.manifest.authority)
        if actor.speaks_at_home(programme.manifest.department_roles, above):
            found += _of_call(session, call, programme.manifest, place)
    return tuple(row for row in found if row.until >= today)


def _of_call(session: Session, call: Call, manifest: Manifest, place: int) -> list[CutOff]:
    dates = calls.dates_for(call.dates, place)
    begun = select(Case.id).where(Case.call_id == call.id, Case.competent_id == place, Case.applicant_id.is_not(None))
    is_open = session.scalar(begun.limit(1)) is None
    return [
        CutOff(
            call.id, call.title, manifest.name, name, rule.name, dates[name], manifest.deadlines[rule.before].name,
            dates[rule.before], calls.local_name(name, place) in call.dates, is_open,
        )
        for name, rule in manifest.deadlines.items()
        if rule.local and name in dates and rule.before in dates
    ]  # fmt: skip
