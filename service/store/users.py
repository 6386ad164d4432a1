"""Accounts, the roles they hold, and their sessions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    ForeignKey,
    Select,
    and_,
    bindparam,
    cast,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.domain import identity
from service.store.deputies import Deputy, stands
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.relations import Relation, is_tied
from service.store.session import DATA, INT64, Base, Key


class User(Base):
    """An account of one person."""

    __tablename__ = "users"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    email: Mapped[str | None]
    mobile: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    language: Mapped[str] = mapped_column(default="zh")
    active: Mapped[bool] = mapped_column(default=True)
    locked_until_at: Mapped[datetime | None]


class Grant(Base):
    """A role of a person at an organisation; both dates are inclusive."""

    __tablename__ = "grants"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    valid_from_on: Mapped[date | None]
    valid_to_on: Mapped[date | None]


class UserSession(Base):
    """A signed-in browser; the token itself is never stored."""

    __tablename__ = "sessions"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    csrf: Mapped[str]
    client: Mapped[str] = mapped_column(default="")  # address and device, for the person to recognise it by


class PasswordLink(Base):
    """A link by which the person of an account sets a password once; the token itself is never stored."""

    __tablename__ = "password_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime]


def token_digest(token: str) -> str:
    """What is stored in place of a session's token: its sha256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_valid(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """A condition on `Grant`: it holds today."""
    begun = or_(Grant.valid_from_on.is_(None), Grant.valid_from_on <= today)
    return and_(begun, or_(Grant.valid_to_on.is_(None), Grant.valid_to_on >= today))


def actor_of(session: Session, user_id: int, today: date) -> identity.Actor | None:
    """The person as an actor, with the roles and ties that are valid today; None for an unknown or closed account."""
    person = session.execute(_person(), {"person": user_id}).one_or_none()
    return None if person is None else as_actor(session, *person, today=today)


def people() -> Select[*tuple[Any, ...]]:
    """Those with an open account: what `as_actor` asks of each."""
    return (
        select(User, Organisation.credit_code, Organisation.name, Expert)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .outerjoin(Expert, Expert.user_id == User.id)
        .where(User.active)
    )


def as_actor(
    session: Session, user: User, credit_code: str | None, unit: str | None, expert: Expert | None, *, today: date
) -> identity.Actor:
    """A person of `people` as an actor, with the roles and ties that are valid today."""
    grants, ties, lent = _grants_and_ties(session, user.id, today)
    return identity.Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=user.organisation_id,
        roles=frozenset(grants),
        expert_id=expert.id if expert is not None else None,
        credit_code=credit_code,
        interests=frozenset({*ties, *interests_of(expert), *([unit] if unit else [])}),
        lent=tuple(lent),
        language="en" if user.language == "en" else "zh",
    )


@cache
def _person() -> Select[*tuple[Any, ...]]:
    return people().where(User.id == bindparam("person"))


def interests_of(expert: Expert | None) -> frozenset[str]:
    """The units an expert is tied to by the pool's own entry: the employer and those to be avoided."""
    if expert is None:
        return frozenset()
    return frozenset(unit for unit in (expert.employer, expert.employer_credit_code, *expert.avoid) if unit)


def _grants_and_ties(
    session: Session, user_id: int, today: date
) -> tuple[list[identity.Grant], list[str], list[tuple[int, identity.Grant]]]:
    """Own roles, ties, and the roles lent to a deputy."""
    rows: Sequence[Any] = session.execute(_asking(), {"person": user_id, "today": today}).all()
    found = [(row, identity.Grant(row.name, row.place, row.path)) for row in rows if row.path is not None]
    return (
        [grant for row, grant in found if row.principal is None],
        [row.name for row in rows if not row.path],
        [(row.principal, grant) for row, grant in found if row.principal is not None and grant.role in row.scope],
    )


@cache
def _asking() -> CompoundSelect[Any]:
    """In one statement that is put together once, because every request asks."""
    person, today = bindparam("person", type_=INT64), bindparam("today", type_=Date)
    columns = (Grant.role.label("name"), Grant.organisation_id.label("place"), Organisation.path.label("path"))
    own = cast(null(), INT64).label("principal")
    grants = (
        select(*columns, own, cast(null(), DATA).label("scope"))
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .where(Grant.user_id == person, is_valid(today))
    )
    lent = (
        select(*columns, Deputy.principal_id, Deputy.roles)
        .join(Organisation, Organisation.id == Grant.organisation_id)
        .join(Deputy, Deputy.principal_id == Grant.user_id)
        .where(Deputy.deputy_id == person, stands(today), is_valid(today))
    )
    ties = select(Relation.unit, null(), null(), null(), null()).where(Relation.user_id == person, is_tied(today))
    return union_all(grants, lent, ties)
