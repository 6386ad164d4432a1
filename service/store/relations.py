"""Units a person is tied to, as declared: whoever is tied to a unit of a case neither judges nor sees it by office."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, ForeignKey, Index, or_
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key

KINDS = ("relation", "joint-project", "employment")


class Relation(Base):
    """A tie of a person to a unit, named by credit code or name; `until_on` is its last day, None without an end."""

    __tablename__ = "relations"
    __table_args__ = (Index("ix_relations_user_id_unit", "user_id", "unit"),)

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    unit: Mapped[str]
    kind: Mapped[str]
    until_on: Mapped[date | None]
    declared_at: Mapped[datetime]
    declared_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


def is_tied(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """A condition on `Relation`: it holds today."""
    return or_(Relation.until_on.is_(None), Relation.until_on >= today)
