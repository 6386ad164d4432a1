"""Accounts and organisations as an administrator sees them: those of the own authority, without a line of any case.

An expert belongs to no unit and stands here under the authority whose pool it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store.access import administered
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.users import Grant, PasswordLink, User, UserSession, is_valid, token_digest


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in a list; `organisation_id` is None for an expert, whose `organisation` keeps the pool."""

    user_id: int
    login: str
    name: str
    email: str
    organisation_id: int | None
    organisation: str
    active: bool
    locked_until_at: datetime | None


def password_link_holds(session: Session, token: str, now: datetime) -> bool:
    """Whether a password may still be set by this link."""
    link = session.get(PasswordLink, token_digest(token))
    return link is not None and link.expires_at > now


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role at an organisation; `until_on` is its last day."""

    grant_id: int
    role: str
    organisation: str
    until_on: date | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser."""

    session_id: int
    client: str
    created_at: datetime
    seen_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """An organisation; `depth` is how many stand above it."""

    organisation_id: int
    code: str
    name: str
    kind: str
    credit_code: str
    region: str
    above: str
    depth: int


def page(session: Session, actor: Actor, text: str = "", after: str = "", size: int = PAGE) -> Page[AccountRow]:
    """Accounts by name or login, the newest first."""
    position = read_id_cursor(after)
    chosen = _accounts(actor).order_by(User.id.desc()).limit(size + 1)
    if position is not None:
        chosen = chosen.where(User.id < position)
    if text:
        looked = (User.name, User.login, Organisation.name)
        chosen = chosen.where(or_(*(column.icontains(text, autoescape=True) for column in looked)))
    shown, last = cut([AccountRow(*row) for row in session.execute(chosen)], size)
    return Page(shown, str(last.user_id) if last else "")


def find(session: Session, actor: Actor, user_id: int) -> AccountRow:
    """One account; raises NotFound also for one of another authority."""
    row = session.execute(_accounts(actor).where(User.id == user_id)).first()
    if row is None:
        raise NotFound()
    return AccountRow(*row)


def grants(session: Session, user_id: int, today: date) -> tuple[GrantRow, ...]:
    """The roles held today."""
    found = session.execute(
        select(Grant.id, Grant.role, Organisation.name, Grant.valid_to_on)
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .where(Grant.user_id == user_id, is_valid(today))
        .order_by(Grant.id)
    )
    return tuple(GrantRow(*row) for row in found)


def open_sessions(session: Session, user_id: int | None, now: datetime, token: str = "") -> tuple[SessionRow, ...]:
    """The sessions that have not ended, the last used first; the one of this `token` is `here`."""
    here = UserSession.token_hash == token_digest(token)
    found = session.execute(
        select(UserSession.id, UserSession.client, UserSession.created_at, UserSession.seen_at, here)
        .where(UserSession.user_id == user_id, UserSession.expires_at > now)
        .order_by(UserSession.seen_at.desc())
    )
    return tuple(SessionRow(*row) for row in found)


def places(session: Session, actor: Actor, text: str = "", size: int = 200) -> tuple[PlaceRow, ...]:
    """The organisations the actor administers, each under the one above it; at most `size`."""
    above = aliased(Organisation)
    chosen = (
        select(
            Organisation.id, Organisation.code, Organisation.name, Organisation.kind, Organisation.credit_code,
            Organisation.region, above.name, Organisation.path,
        )
        .outerjoin(above, above.id == Organisation.parent_id)
        .where(administered(actor))
        .order_by(Organisation.path)
        .limit(size)
    )  # fmt: skip
    if text:
        chosen = chosen.where(
            or_(Organisation.name.icontains(text, autoescape=True), Organisation.code.icontains(text, autoescape=True))
        )
    return tuple(
        PlaceRow(*row[:4], row[4] or "", row[5] or "", row[6] or "", row[7].count("/") - 2)
        for row in session.execute(chosen)
    )


def _accounts(actor: Actor):  # type: ignore[no-untyped-def] # a SELECT; its type is the library's own
    return (
        select(
            User.id, User.login, User.name, User.email, User.organisation_id, Organisation.name, User.active,
            User.locked_until_at,
        )
        .outerjoin(Expert, Expert.user_id == User.id)
        .join(Organisation, Organisation.id == func.coalesce(User.organisation_id, Expert.authority_id))
        .where(administered(actor))
    )  # fmt: skip
