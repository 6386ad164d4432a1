"""Sign a person in and out: argon2id, a lock-out after five failures, a new session at every sign-in."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from service.commands.ports import ports
from service.commands.trail import note
from service.domain.errors import Refusal
from service.domain.identity import Actor
from service.store import throttles
from service.store.session import db
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


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about a login and its password before any transaction; hashing takes long on purpose."""

    login: str
    checked: str  # the stored hash the password was held against; empty where there was none
    right: bool


def prove(login: str, password: str) -> Proof:
    """Hold the password against the account's hash; an unknown login takes as long as a wrong password."""
    login = login.strip()
    stored = db.session().scalar(select(User.password_hash).where(User.login == login, User.active)) or ""
    matches = _matches(stored or _decoy(ports().hasher), password)
    return Proof(login, stored, bool(stored) and matches)


def sign_in(work: UnitOfWork, proof: Proof, client: str = "") -> str | Refusal:
    """A new session's token; a refusal is returned, not raised, because the count of failures must be committed.

    `client` is the address or device to note.
    """
    known = recognise(work, proof, client)
    if isinstance(known, Refusal):
        return known
    work.session.execute(delete(UserSession).where(UserSession.user_id == known.id, UserSession.expires_at <= work.now))
    note(work, "signed-in", "user", known.id, {"client": client}, actor=Actor(known.id, known.name))
    return _open_session(work, known.id, client)


def recognise(work: UnitOfWork, proof: Proof, client: str = "") -> User | Refusal:
    """The account whose login and password were proved; five failures within a quarter of an hour lock the login.

    An unknown login is counted and locked by the same row, so that no answer tells which logins there are.
    """
    # the account is locked first, so that tries for it are judged one after the other
    user = work.session.scalar(select(User).where(User.login == proof.login).with_for_update())
    key = _failures_of(proof.login)
    failures, until = throttles.standing(work.session, key, work.now, LOCKED)
    if failures >= FAILURES:
        return AccountLocked(minutes=_minutes(until - work.now))
    if user is None or not user.active:
        return _failed(work, key)
    if not proof.right or user.password_hash != proof.checked:
        note(work, "sign-in-failed", "user", user.id, {"client": client}, actor=Actor(user.id, user.name))
        refusal = _failed(work, key)
        user.locked_until_at = work.now + LOCKED if isinstance(refusal, AccountLocked) else None
        return refusal
    unlock(work, user)
    return user


def unlock(work: UnitOfWork, user: User) -> None:
    """Forget the account's failures, and with them its lock."""
    throttles.reset(work.session, _failures_of(user.login))
    user.locked_until_at = None


def _failed(work: UnitOfWork, key: str) -> Refusal:
    """Count a failure within a quarter of an hour of the first; the fifth locks from now on."""
    failures, _ = throttles.count(work.session, key, work.now, LOCKED)
    if failures < FAILURES:
        return SignInFailed()
    throttles.prolong(work.session, key, work.now)
    return AccountLocked(minutes=_minutes(LOCKED))


def _failures_of(login: str) -> str:
    """Under which key a login's failures are counted, whether there is such an account or not."""
    return f"login:{hashlib.sha256(login.encode()).hexdigest()[:24]}"


def sign_out(work: UnitOfWork, token: str) -> None:
    """End the session of this token; an unknown token is no error."""
    work.session.execute(delete(UserSession).where(UserSession.token_hash == token_digest(token)))


def keep_alive(work: UnitOfWork, token: str) -> None:
    """Note that the session was used; called at most once a minute a session."""
    session = work.session.scalar(select(UserSession).where(UserSession.token_hash == token_digest(token)))
    if session is not None:
        session.seen_at, session.expires_at = work.now, _expiry(work.now)


def _open_session(work: UnitOfWork, user_id: int, client: str) -> str:
    token = secrets.token_urlsafe(32)
    work.session.add(
        UserSession(
            token_hash=token_digest(token),
            user_id=user_id,
            created_at=work.now,
            seen_at=work.now,
            expires_at=_expiry(work.now),
            csrf=secrets.token_urlsafe(24),
            client=client[:200],
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
