"""What a person changes of the own account: language and password."""

from __future__ import annotations

from dataclasses import dataclass

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from service.commands.ports import ports
from service.commands.trail import note
from service.domain.errors import InvalidInput, NotFound, StaleRevision
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from service.store.users import User, UserSession, token_digest

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


def set_language(work: UnitOfWork, language: str) -> None:
    """Remember the language of the pages; `zh` or `en`."""
    if language not in ("zh", "en"):
        raise InvalidInput(field="language", zh="只能是 zh 或 en", en="must be zh or en")
    _own(work).language = language


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password that was hashed before any transaction."""

    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A change of password, proved before any transaction: the hash the present one was held against, and the new."""

    checked: str
    new: Hashed


def replacement(user_id: int | None, current: str, new: str) -> Replacement:
    """Hold the present password against the account's and hash the new one; InvalidInput says which is wrong."""
    stored = db.session().scalar(select(User.password_hash).where(User.id == user_id)) or ""
    try:
        ports().hasher.verify(stored, current)
    except (VerificationError, InvalidHashError):
        raise InvalidInput(field="当前口令", zh="与现有口令不符", en="is not the present password") from None
    return Replacement(stored, Hashed(hashed(new)))


def change_password(work: UnitOfWork, proved: Replacement, keep_token: str = "") -> None:
    """Replace the password and end every other session; `keep_token` is the session that stays."""
    user = _own(work)
    if user.password_hash != proved.checked:
        raise StaleRevision()
    user.password_hash = proved.new.text
    work.session.execute(
        delete(UserSession).where(UserSession.user_id == user.id, UserSession.token_hash != token_digest(keep_token))
    )
    note(work, "password-changed", "user", user.id, {})


def hashed(password: str) -> str:
    """The argon2id hash of an acceptable password; InvalidInput says what is missing."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        zh = f"应为 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符"
        en = f"must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        raise InvalidInput(field="口令", zh=zh, en=en)
    return ports().hasher.hash(password)


def _own(work: UnitOfWork) -> User:
    user = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    if user is None:
        raise NotFound()
    return user
