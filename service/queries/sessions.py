"""Who a session's token belongs to: the actor with the roles of today, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.deadlines import local_date
from service.domain.identity import Actor
from service.store.access import addressed_to
from service.store.messages import Message
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
    row = session.execute(
        select(UserSession.user_id, UserSession.csrf, UserSession.seen_at, User.login, User.email, Organisation.name)
        .join(User, User.id == UserSession.user_id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(UserSession.token_hash == token_digest(token), UserSession.expires_at > now)
    ).first()
    actor = actor_of(session, row[0], local_date(now)) if row is not None else None
    if row is None or actor is None:
        return None
    _, csrf, seen_at, login, email, organisation = row
    return SignedIn(actor, csrf, login, email or "", organisation or "", seen_at)


def unread(session: Session, actor: Actor, limit: int = 99) -> int:
    """How many messages of the actor are unread, counted to `limit`."""
    found = session.execute(
        select(Message.id)
        .where(
            Message.read_at.is_(None),
            addressed_to(actor),
        )
        .limit(limit)
    )
    return len(found.all())
