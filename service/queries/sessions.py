"""Who a session's token belongs to: the actor with the roles of today, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam
from sqlalchemy.orm import Session

from service.domain.deadlines import local_date
from service.domain.identity import Actor
from service.store.users import User, UserSession, as_actor, people, token_digest


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person of this session, and what every page's head shows of them."""

    actor: Actor
    csrf: str
    login: str
    email: str
    organisation: str
    seen_at: datetime


def find(session: Session, token: str, now: datetime) -> SignedIn | None:
    """The signed-in person; None when the session is unknown or over, or the account is closed. Two statements."""
    row = session.execute(_asking(), {"digest": token_digest(token), "now": now}).first()
    if row is None:
        return None
    *person, csrf, seen_at = row
    user, _, unit, _ = person
    actor = as_actor(session, *person, today=local_date(now))
    return SignedIn(actor, csrf, user.login, user.email or "", unit or "", seen_at)


@cache
def _asking() -> Select[*tuple[Any, ...]]:
    """Put together once: every request asks."""
    return (
        people()
        .add_columns(UserSession.csrf, UserSession.seen_at)
        .join(UserSession, UserSession.user_id == User.id)
        .where(UserSession.token_hash == bindparam("digest"), UserSession.expires_at > bindparam("now"))
    )
