"""What a person's account page shows: the roles held, and where."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.store.organisations import Organisation


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role at one organisation."""

    role: str
    organisation: str


def roles_of(session: Session, actor: Actor) -> tuple[RoleRow, ...]:
    """The actor's roles with the names of their organisations, in the order of both."""
    ids = {grant.organisation_id for grant in actor.roles}
    found = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
    names = {row_id: name for row_id, name in found}
    return tuple(
        sorted(
            (RoleRow(grant.role, names.get(grant.organisation_id, "")) for grant in actor.roles),
            key=lambda row: (row.organisation, row.role),
        )
    )
