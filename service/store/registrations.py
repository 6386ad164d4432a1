"""Units that ask to be registered, until the competent department has decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from service.domain.access import is_office
from service.domain.identity import Actor
from service.store.access import below
from service.store.organisations import Organisation
from service.store.session import Base, Key

OPEN, ASKED, APPROVED, REFUSED = "open", "asked", "approved", "refused"
WAITING: Final = (OPEN, ASKED)
DEPARTMENT: Final = "competent"
HANDLING: Final = "office"  # the role that handles cases at an authority


class Registration(Base):
    """What a unit says of itself; `profile` is the form's answers, `licence` what is known of the uploaded file.

    `token_hash` is of the newest link to its own page, which was mailed to `email`. `asked` and `refused` have a
    `reason`; `approved` has the unit and its first account. Emptied when its time is over, what was decided stays.
    """

    __tablename__ = "registrations"
    __table_args__ = (Index("ix_registrations_state_due_at", "state", "due_at"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(index=True)
    email: Mapped[str]
    profile: Mapped[dict[str, Any]]
    licence: Mapped[dict[str, Any]]
    licence_sha256: Mapped[str]
    competent_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[str] = mapped_column(default=OPEN)
    reason: Mapped[str | None]
    lodged_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


def decided_by(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Registration`: the actor answers for its department."""
    return Registration.competent_id.in_(select(Organisation.id).where(answered_for(actor)))


def answered_for(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Organisation`: a department in which the actor has an office, or under the actor's `office`.

    Who leads, records or witnesses at the authority above registers nobody.
    """
    at = {grant.organisation_id for grant in actor.roles if is_office(grant.role)}
    mine = or_(Organisation.id.in_(sorted(at)), below(actor.scopes(HANDLING)))
    return and_(Organisation.kind == DEPARTMENT, mine)
