"""Tokens for programs: made once and shown once, narrowed to scopes, ended by their date or by their owner."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, update

from service.commands.trail import note
from service.domain.errors import InvalidInput, NotFound, WrongState
from service.store.api_tokens import ApiToken
from service.store.session import changed
from service.store.unit_of_work import UnitOfWork
from service.store.users import User, token_digest

# What a token may be narrowed to; whatever it holds, its account's own rights are the outer bound.
SCOPES: Final = ("read", "work", "jobs", "deploy", "operate", "calendar")
PREFIX: Final = "shb_"  # lets a scanner of secrets find one that was published by mistake
LONGEST_DAYS: Final = 366
MOST_TOKENS: Final = 20


def create(work: UnitOfWork, *, name: str, scopes: Collection[str], days: int, login: str | None = None) -> str:
    """A new token of the actor, or of the account `login` where the service itself acts; it is not kept anywhere.

    It holds 256 random bits and ends `days` calendar days from now. InvalidInput names what is wrong.
    """
    user_id = _owner(work, login)
    if not 1 <= len(name.strip()) <= 60:
        raise InvalidInput(field="名称", zh="请填写 1 至 60 个字", en="must have 1 to 60 characters")
    if not 1 <= days <= LONGEST_DAYS:
        zh, en = f"请填写 1 至 {LONGEST_DAYS} 天", f"must be 1 to {LONGEST_DAYS} days"
        raise InvalidInput(field="有效天数", zh=zh, en=en)
    if not scopes or not set(scopes) <= set(SCOPES):
        zh, en = f"请从 {'、'.join(SCOPES)} 中选择", f"choose from {', '.join(SCOPES)}"
        raise InvalidInput(field="范围", zh=zh, en=en)
    if _usable(work, user_id) >= MOST_TOKENS:
        raise WrongState(
            zh=f"可用的令牌已有 {MOST_TOKENS} 个，请先撤销不用的。",
            en=f"There are {MOST_TOKENS} usable tokens already; revoke one first.",
        )
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        user_id=user_id,
        name=name.strip(),
        digest=token_digest(token),
        beginning=token[: len(PREFIX) + 4],
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=work.now,
        expires_at=work.now + timedelta(days=days),
    )
    work.session.add(row)
    work.session.flush()
    note(work, "api-token-created", "api-token", row.id, {"name": row.name, "scopes": row.scopes, "days": days})
    return token


def revoke(work: UnitOfWork, token_id: int) -> None:
    """End one of the actor's own tokens now; a token that has been revoked stays so."""
    row = work.session.get(ApiToken, token_id)
    if row is None or row.user_id != work.actor.user_id:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = work.now
        note(work, "api-token-revoked", "api-token", row.id, {"name": row.name})


def revoke_all(work: UnitOfWork, user_id: int) -> None:
    """End every token of an account that is disabled or loses its password; the caller's entry says so in the trail."""
    mine = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    changed(work.session, mine.values(revoked_at=work.now))


def note_use(work: UnitOfWork, token_id: int) -> None:
    """Remember that a token was used; asked for at most once an hour a token."""
    row = work.session.get(ApiToken, token_id)
    if row is not None:
        row.seen_at = work.now


def _owner(work: UnitOfWork, login: str | None) -> int:
    if login is None or work.actor.is_person:
        if work.actor.user_id is None:
            raise NotFound()
        return work.actor.user_id
    user_id = work.session.scalar(select(User.id).where(User.login == login, User.active))
    if user_id is None:
        raise InvalidInput(field="login", zh=f"没有可用的账号 {login}", en=f"there is no usable account {login}")
    return user_id


def _usable(work: UnitOfWork, user_id: int) -> int:
    mine = (ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > work.now)
    return work.session.scalar(select(func.count()).select_from(ApiToken).where(*mine)) or 0
