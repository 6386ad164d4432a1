"""Who a session's token belongs to: the actor with the roles of today, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from service.domain.deadlines import local_date
from service.domain.identity import Actor
from service.store.organisations import Organisation
from service.store.users import User, UserSession, actor_of, token_digest


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
    """The signed-in person; None when the session is unknown or over, or the account is closed. Three statements."""
    row = session.execute(_asking(), {"digest": token_digest(token), "now": now}).first()
    actor = actor_of(session, row[0], local_date(now)) if row is not None else None
    if row is None or actor is None:
        return None
    _, csrf, seen_at, login, email, organisation = row
    return SignedIn(actor, csrf, login, email or "", organisation or "", seen_at)


@cache
def _asking() -> Select[*tuple[Any, ...]]:
    """Put together once: every request asks."""
    return (
        select(UserSession.user_id, UserSession.csrf, UserSession.seen_at, User.login, User.email, Organisation.name)
        .join(User, User.id == UserSession.user_id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(UserSession.token_hash == bindparam("digest"), UserSession.expires_at > bindparam("now"))
    )
