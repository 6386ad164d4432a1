"""Units that ask to be registered, and a registered unit with its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries.paging import Page, cut, read_id_cursor
from service.store.organisations import Organisation
from service.store.registrations import OPEN, WAITING, Registration, decided_by
from service.store.users import Grant, User, is_valid, token_digest

NEWEST = 200


@dataclass(frozen=True, slots=True)
class Department:
    """A competent department that a unit may name as its own."""

    code: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An account of the unit."""

    user_id: int
    login: str
    name: str
    email: str
    active: bool
    has_password: bool
    roles: tuple[str, ...]


def departments(session: Session) -> tuple[Department, ...]:
    """Every competent department, by region; they are public."""
    rows = session.scalars(
        select(Organisation).where(Organisation.kind == "competent").order_by(Organisation.region, Organisation.id)
    )
    return tuple(Department(row.code, row.name, row.region or row.name) for row in rows)


def of_token(session: Session, token: str) -> Registration:
    """The registration a mailed link is for; NotFound for a link never sent, or replaced by a later one."""
    found = session.scalar(select(Registration).where(Registration.token_hash == token_digest(token)))
    if found is None:
        raise NotFound()
    return found


def registrations(session: Session, actor: Actor, after: str = "", size: int = NEWEST) -> Page[Registration]:
    """Those that the actor's departments decide: first the waiting, the next due on top, then the newest decided.

    `after` is how many stand before the page: what waits moves down the list as it is decided, and has no fixed place.
    """
    before = read_id_cursor(after) or 0
    shown, last = cut(
        session.scalars(
            select(Registration)
            .where(decided_by(actor))
            .order_by(
                Registration.state.not_in((OPEN,)), Registration.state.not_in(WAITING),
                Registration.due_at, Registration.id.desc(),
            )
            .offset(before)
            .limit(size + 1)
        ).all(),
        size,
    )  # fmt: skip
    return Page(shown, str(before + size) if last else "")


def registration(session: Session, actor: Actor, registration_id: int) -> Registration:
    """One of them; NotFound for any other."""
    found = session.scalar(select(Registration).where(Registration.id == registration_id, decided_by(actor)))
    if found is None:
        raise NotFound()
    return found


def known_as(session: Session, row: Registration) -> str:
    """The present name of the unit of which an undecided row asks for a change; empty for a new registration."""
    return place_name(session, row.organisation_id) if row.state in WAITING else ""


def department_path(session: Session, actor: Actor) -> str:
    """The path of the department that recommends the actor's own unit; empty where there is none."""
    unit = session.get(Organisation, actor.organisation_id) if actor.organisation_id is not None else None
    department = session.get(Organisation, unit.competent_id) if unit is not None and unit.competent_id else None
    return department.path if department is not None else ""


def own_unit(session: Session, actor: Actor) -> Organisation:
    """The actor's own unit; NotFound for who belongs to none."""
    unit = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    if unit is None:
        raise NotFound()
    return unit


def people(session: Session, unit: Organisation, today: date) -> tuple[PersonRow, ...]:
    """The unit's accounts with the roles they hold at it."""
    users = session.scalars(select(User).where(User.organisation_id == unit.id).order_by(User.active.desc(), User.id))
    roles: dict[int, list[str]] = {}
    held = select(Grant.user_id, Grant.role).where(Grant.organisation_id == unit.id, is_valid(today))
    for user_id, role in session.execute(held.order_by(Grant.role)):
        roles.setdefault(user_id, []).append(role)
    return tuple(
        PersonRow(
            user.id, user.login, user.name, user.email or "", user.active, len(user.password_hash) > 1,
            tuple(dict.fromkeys(roles.get(user.id, ()))),
        )
        for user in users
    )  # fmt: skip


def place_name(session: Session, organisation_id: int | None) -> str:
    """The name of an organisation; empty for none."""
    return session.scalar(select(Organisation.name).where(Organisation.id == organisation_id)) or ""
