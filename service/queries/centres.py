"""Centres of the register for those who answer for them: what each owes and when, its cases, what it carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from service.domain.access import judging_paths
from service.domain.deadlines import local_date, start_of
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.domain.register import units_of
from service.programmes.compiled import compiled_of
from service.programmes.manifest import Manifest
from service.queries import case_page, programmes
from service.queries.case_page import PaperRow
from service.queries.paging import Page, cut, instant_cursor, read_instant_cursor
from service.store.access import visible
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.register import REFUSED, Ban, Duty, Project, RegisterEntry, Support

BEHIND: Final = timedelta(days=400)  # how far back the calendar of obligations looks
MOST: Final = 1000  # what one centre owes
MOST_CASES: Final = 100  # about one centre
ROWS: Final = 50  # of one page of the calendar
CERTIFICATES: Final = ("certificate", "plaque")  # the letters that prove what a centre is


@dataclass(frozen=True, slots=True)
class Obligation:
    """One occurrence of what a centre owes; `source` is the article, `added` whether the date is the service's own."""

    entry_id: int
    centre: str
    number: str
    programme: str
    lead: str
    kind: str
    name: str
    name_en: str
    source: str
    added: bool
    due_on: date
    opens_on: date
    state: str
    case_id: int | None
    fulfilled_on: date | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Centre:
    """A centre that the actor answers for; `units` are codes and names of all its units, `department` a path."""

    entry_id: int
    number: str
    name: str
    programme: str
    lead: str
    state: str
    applicant_id: int | None
    credit_code: str | None
    case_id: int | None
    units: frozenset[str]
    department: str


@dataclass(frozen=True, slots=True)
class LedRow:
    """A centre in the list of the unit that leads it."""

    entry_id: int
    number: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class CentreCase:
    """A case about the centre."""

    case_id: int
    number: str | None
    title: str
    state: str
    started_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Carried:
    """What a centre carries beside its duties: government projects, granted supports, a ban of its lead unit."""

    projects: tuple[Project, ...]
    supports: tuple[Support, ...]
    banned_until: date | None


def in_sight(session: Session, actor: Actor) -> ColumnElement[bool]:
    """A condition on `RegisterEntry`: the actor's own unit leads it, or the actor's office or department keeps it.

    Who is tied to a unit of the centre has no part in it by office; see `sees`.
    """
    if not actor.is_person:
        return RegisterEntry.id.is_not(None)
    own = RegisterEntry.applicant_id == actor.organisation_id if actor.organisation_id is not None else false()
    paths = judging_paths(actor)
    if not paths:
        return own
    authorities = programmes.authority_paths(session)
    mine = [
        row.key
        for row in programmes.newest(session).values()
        if any(authorities.get(row.manifest.authority, "").startswith(path) for path in paths)
    ]
    unit, department = aliased(Organisation), aliased(Organisation)
    answered = (
        select(unit.id)
        .join(department, department.id == unit.competent_id)
        .where(or_(*(department.path.startswith(path, autoescape=True) for path in paths)))
    )
    return or_(own, RegisterEntry.programme.in_(mine), RegisterEntry.applicant_id.in_(answered))


def sees(actor: Actor, entry: RegisterEntry) -> bool:
    """Whether no tie to a unit of the centre keeps the actor out; its own people see it as its own."""
    if not actor.is_person or (actor.organisation_id is not None and entry.applicant_id == actor.organisation_id):
        return True
    return units_of(entry.credit_code, entry.data).isdisjoint(actor.related_units)


def find(session: Session, actor: Actor, entry_id: int) -> Centre:
    """The centre, for those who answer for it; raises NotFound for everybody else."""
    entry = session.scalar(select(RegisterEntry).where(RegisterEntry.id == entry_id, in_sight(session, actor)))
    if entry is None or not sees(actor, entry):
        raise NotFound()
    return Centre(
        entry.id,
        entry.number,
        entry.name,
        entry.programme,
        entry.data.get("lead") or "",
        entry.state,
        entry.applicant_id,
        entry.credit_code,
        entry.case_id,
        units_of(entry.credit_code, entry.data),
        _department(session, entry.applicant_id),
    )


def obligations(
    session: Session,
    actor: Actor,
    today: date,
    *,
    entry_id: int | None = None,
    show: str = "",
    after: str = "",
    size: int = ROWS,
) -> Page[Obligation]:
    """What is owed, the earliest first; `show` is `late`, `open` or empty for all of the last 400 days and to come."""
    position = read_instant_cursor(after)
    chosen = _select().where(in_sight(session, actor), Duty.state != "void", Duty.due_on >= today - BEHIND)
    if entry_id is not None:
        chosen = chosen.where(RegisterEntry.id == entry_id)
    if show == "late":
        chosen = chosen.where(_late(today))
    elif show == "open":
        chosen = chosen.where(Duty.state == "open")
    if position is not None:
        chosen = chosen.where(
            tuple_(Duty.due_on, Duty.id) > tuple_(literal(local_date(position[0])), literal(position[1]))
        )
    manifests = {key: row.manifest for key, row in programmes.newest(session).items()}
    found, last = cut(session.execute(chosen.order_by(Duty.due_on, Duty.id).limit(size + 1)).all(), size)
    rows = tuple(
        _obligation(duty, entry, lead, manifests.get(entry.programme), today)
        for duty, entry, lead in found
        if sees(actor, entry)
    )
    return Page(rows, instant_cursor(start_of(last[0].due_on), last[0].id) if last is not None else "")


def led_by(session: Session, actor: Actor) -> tuple[LedRow, ...]:
    """What the actor's own unit leads, the newest first."""
    if actor.organisation_id is None:
        return ()
    own = RegisterEntry.applicant_id == actor.organisation_id
    columns = (RegisterEntry.id, RegisterEntry.number, RegisterEntry.name, RegisterEntry.state)
    return tuple(LedRow(*row) for row in session.execute(select(*columns).where(own).order_by(RegisterEntry.id.desc())))


def certificates(session: Session, actor: Actor, centre: Centre, seen: Collection[int]) -> tuple[PaperRow, ...]:
    """Certificate and plaque if they are the actor's to read, where the case that issued them is among those `seen`."""
    if centre.case_id is None or centre.case_id not in seen:
        return ()
    facts = case_page.facts(session, actor, centre.case_id)
    letters = compiled_of(session, facts.deployment_id).letters
    return tuple(row for row in case_page.papers(session, actor, facts, letters) if row.letter in CERTIFICATES)


def cases_about(session: Session, actor: Actor, centre: Centre) -> tuple[CentreCase, ...]:
    """The cases about the centre that the actor may see, the newest first; one more than MOST_CASES where there are."""
    made = or_(Case.register_entry_id == centre.entry_id, Case.id == centre.case_id)
    rows = session.scalars(select(Case).where(made, visible(actor)).order_by(Case.id.desc()).limit(MOST_CASES + 1))
    return tuple(
        CentreCase(
            row.id,
            row.number,
            row.title,
            row.state,
            local_date(row.started_at),
            local_date(row.ended_at) if row.ended_at else None,
        )
        for row in rows
    )


def carried(session: Session, centre: Centre, today: date) -> Carried:
    """Projects, supports, and the last day of a ban that holds today."""
    projects = session.scalars(select(Project).where(Project.register_entry_id == centre.entry_id).order_by(Project.id))
    supports = session.scalars(select(Support).where(Support.register_entry_id == centre.entry_id).order_by(Support.id))
    holds = (Ban.credit_code == centre.credit_code, Ban.from_on <= today, Ban.to_on >= today)
    banned = session.scalar(select(Ban.to_on).where(*holds).order_by(Ban.to_on.desc()).limit(1))
    return Carried(tuple(projects), tuple(supports), banned)


def _department(session: Session, applicant_id: int | None) -> str:
    unit, department = aliased(Organisation), aliased(Organisation)
    joined = select(department.path).join(unit, unit.competent_id == department.id)
    return session.scalar(joined.where(unit.id == applicant_id)) or ""


def _late(today: date) -> ColumnElement[bool]:
    """Owed and over, or fulfilled after its day, or never."""
    return or_(
        and_(Duty.state.in_(("open", REFUSED)), Duty.due_on < today),
        and_(Duty.state == "fulfilled", Duty.fulfilled_on > Duty.due_on),
        Duty.state == "missed",
    )


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(Duty, RegisterEntry, Organisation.name)
        .join(RegisterEntry, RegisterEntry.id == Duty.register_entry_id)
        .outerjoin(Organisation, Organisation.id == RegisterEntry.applicant_id)
    )


def _obligation(
    duty: Duty, entry: RegisterEntry, lead: str | None, manifest: Manifest | None, today: date
) -> Obligation:
    rules: Mapping[str, Any] = manifest.duties if manifest else {}
    rule = rules.get(duty.kind)
    after = duty.fulfilled_on or today
    return Obligation(
        entry_id=entry.id,
        centre=entry.name,
        number=entry.number,
        programme=entry.programme,
        lead=lead or entry.data.get("lead") or "",
        kind=duty.kind,
        name=rule.name if rule else duty.kind,
        name_en=(rule.name_en or rule.name) if rule else duty.kind,
        source=rule.source if rule else "",
        added=rule.added if rule else False,
        due_on=duty.due_on,
        opens_on=local_date(duty.opens_at),
        state=duty.state,
        case_id=duty.case_id,
        fulfilled_on=duty.fulfilled_on,
        is_late=duty.state == "missed" or (duty.state in ("open", REFUSED, "fulfilled") and after > duty.due_on),
    )
