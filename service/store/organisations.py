"""The tree of authorities, and the units that apply."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key


class Organisation(Base):
    """An authority, a competent department, an enterprise or an institute.

    `path` is the row's place in the tree ('/1/5/'): a prefix of it is an organisation above.
    `competent_id` is the department that recommends a unit's declarations.
    """

    __tablename__ = "organisations"

    id: Mapped[Key]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    path: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    credit_code: Mapped[str | None] = mapped_column(unique=True)
    region: Mapped[str | None]
    contact: Mapped[dict[str, Any]] = mapped_column(default=dict)
    competent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))


def authority_path(session: Session, code: str) -> str | None:
    """Where the authority with this code stands in the tree; None where there is none."""
    return session.scalar(select(Organisation.path).where(Organisation.code == code))


def add(session: Session, organisation: Organisation, parent: Organisation | None = None) -> Organisation:
    """Add an organisation at its place in the tree; flushes, because its path holds its own id."""
    organisation.parent_id = parent.id if parent else None
    organisation.path = ""
    session.add(organisation)
    session.flush()
    organisation.path = f"{parent.path if parent else '/'}{organisation.id}/"
    session.flush()
    return organisation
