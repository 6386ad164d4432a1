"""Sign a person in and out: argon2id, a lock-out after five failures, a new session at every sign-in."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from service.commands.ports import ports
from service.commands.trail import note
from service.domain.errors import Refusal
from service.domain.identity import Actor
from service.store.unit_of_work import UnitOfWork
from service.store.users import User, UserSession, token_digest

FAILURES = 5
LOCKED = timedelta(minutes=15)


class SignInFailed(Refusal):
    """Wrong login or password; which of the two is not said."""

    code = "sign-in-failed"
    zh = "账号或口令不正确。连续输错 5 次，账号会锁定 15 分钟。"
    en = "The login or the password is wrong. After five failures the account is locked for 15 minutes."


class AccountLocked(Refusal):
    """Too many failures; even the right password is refused until the lock ends."""

    code = "account-locked"
    zh = "输错次数过多，账号已锁定，请在 {minutes} 分钟后再试，或请管理员重置口令。"
    en = "Too many failures: the account is locked. Try again in {minutes} minutes, or ask an administrator."


def sign_in(work: UnitOfWork, login: str, password: str, client: str = "") -> str | Refusal:
    """A new session's token; a refusal is returned, not raised, because the count of failures must be committed.

    `client` is the address or device to note. Unknown logins take as long as wrong passwords.
    """
    known = recognise(work, login, password, client)
    if isinstance(known, Refusal):
        return known
    work.session.execute(delete(UserSession).where(UserSession.user_id == known.id, UserSession.expires_at <= work.now))
    note(work, "signed-in", "user", known.id, {"client": client}, actor=Actor(known.id, known.name))
    return _open_session(work, known.id)


def recognise(work: UnitOfWork, login: str, password: str, client: str = "") -> User | Refusal:
    """The account whose login and password these are; failures are counted, and five in a row lock it."""
    user = work.session.scalar(select(User).where(User.login == login.strip()).with_for_update())
    if user is None or not user.active:
        _matches(_decoy(ports().hasher), password)
        return SignInFailed()
    if user.locked_until_at is not None and user.locked_until_at > work.now:
        return AccountLocked(minutes=_minutes(user.locked_until_at - work.now))
    if not _matches(user.password_hash, password):
        return _failed(work, user, client)
    user.failed_logins, user.locked_until_at = 0, None
    return user


def _failed(work: UnitOfWork, user: User, client: str) -> Refusal:
    user.failed_logins += 1
    note(work, "sign-in-failed", "user", user.id, {"client": client}, actor=Actor(user.id, user.name))
    if user.failed_logins < FAILURES:
        return SignInFailed()
    user.failed_logins, user.locked_until_at = 0, work.now + LOCKED
    return AccountLocked(minutes=_minutes(LOCKED))


def sign_out(work: UnitOfWork, token: str) -> None:
    """End the session of this token; an unknown token is no error."""
    work.session.execute(delete(UserSession).where(UserSession.token_hash == token_digest(token)))


def keep_alive(work: UnitOfWork, token: str) -> None:
    """Note that the session was used; called at most once a minute a session."""
    session = work.session.scalar(select(UserSession).where(UserSession.token_hash == token_digest(token)))
    if session is not None:
        session.seen_at, session.expires_at = work.now, _expiry(work.now)


def _open_session(work: UnitOfWork, user_id: int) -> str:
    token = secrets.token_urlsafe(32)
    work.session.add(
        UserSession(
            token_hash=token_digest(token),
            user_id=user_id,
            created_at=work.now,
            seen_at=work.now,
            expires_at=_expiry(work.now),
            csrf=secrets.token_urlsafe(24),
        )
    )
    return token


def _expiry(now: datetime) -> datetime:
    return now + timedelta(minutes=ports().session_minutes)


def _matches(stored: str, password: str) -> bool:
    try:
        return ports().hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _minutes(rest: timedelta) -> int:
    return max(1, -(-int(rest.total_seconds()) // 60))


@lru_cache(maxsize=4)
def _decoy(hasher: PasswordHasher) -> str:
    """A hash of nobody's password at the same cost."""
    return hasher.hash(secrets.token_urlsafe(16))
