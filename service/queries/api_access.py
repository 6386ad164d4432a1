"""Whom a program speaks for: the account behind a token, or one whose password was recognised a moment ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.deadlines import local_date
from service.domain.identity import Actor
from service.store.api_tokens import ApiToken
from service.store.users import User, actor_of, token_digest


@dataclass(frozen=True, slots=True)
class Bearer:
    """The account a token stands for, with the roles of today, and what the token is narrowed to."""

    actor: Actor
    scopes: frozenset[str]
    token_id: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token as its owner sees it; the token itself is kept nowhere."""

    token_id: int
    name: str
    beginning: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    seen_at: datetime | None
    revoked_at: datetime | None


def by_token(session: Session, token: str, now: datetime) -> Bearer | None:
    """Who bears this token; None for one that is unknown, over or revoked, or whose account is closed."""
    row = session.scalars(
        select(ApiToken).where(
            ApiToken.digest == token_digest(token), ApiToken.revoked_at.is_(None), ApiToken.expires_at > now
        )
    ).one_or_none()
    actor = actor_of(session, row.user_id, local_date(now)) if row is not None else None
    if row is None or actor is None:
        return None
    return Bearer(actor, frozenset(row.scopes), row.id, row.seen_at)


def account(session: Session, login: str, now: datetime) -> tuple[Actor, str] | None:
    """The actor behind a login that is open and not locked, and the hash of its password."""
    row = session.execute(
        select(User.id, User.password_hash, User.locked_until_at).where(User.login == login, User.active)
    ).one_or_none()
    if row is None or (row.locked_until_at is not None and row.locked_until_at > now):
        return None
    actor = actor_of(session, row.id, local_date(now))
    return (actor, row.password_hash) if actor is not None else None


def tokens_of(session: Session, actor: Actor) -> tuple[TokenRow, ...]:
    """The actor's tokens, the newest first; those that have ended stay in the list."""
    rows = session.scalars(select(ApiToken).where(ApiToken.user_id == actor.user_id).order_by(ApiToken.id.desc()))
    return tuple(
        TokenRow(
            row.id, row.name, row.beginning, tuple(row.scopes), row.created_at, row.expires_at, row.seen_at,
            row.revoked_at,
        )
        for row in rows
    )  # fmt: skip


def login_of(session: Session, actor: Actor) -> str:
    """The login of a person: what Camunda 8 calls a username."""
    return session.scalar(select(User.login).where(User.id == actor.user_id)) or ""
