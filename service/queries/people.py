"""What a person's account page shows: the roles held, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.store.organisations import Organisation
from service.store.relations import Relation, is_tied


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role at one organisation."""

    role: str
    organisation: str


@dataclass(frozen=True, slots=True)
class TieRow:
    """A declared tie to a unit."""

    relation_id: int
    unit: str
    kind: str
    until_on: date | None


def ties_of(session: Session, user_id: int | None, today: date) -> tuple[TieRow, ...]:
    """The ties the person declared that hold today."""
    found = session.execute(
        select(Relation.id, Relation.unit, Relation.kind, Relation.until_on)
        .where(Relation.user_id == user_id, is_tied(today))
        .order_by(Relation.id)
    )
    return tuple(TieRow(*row) for row in found)


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
