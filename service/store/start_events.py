"""The events that begin a case in the newest version of a programme: messages, signals, and timers with their date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.organisations import Organisation
from service.store.session import Base, Key


class StartEventRow(Base):
    """A start event with a trigger; `due_at` is a timer's next firing and `cycle` what follows, as the engine says.

    `authority` is the code of the programme's authority, which bounds who may trigger it.
    """

    __tablename__ = "start_events"
    __table_args__ = (
        UniqueConstraint("programme", "process", "element"),
        Index("ix_start_events_kind_name", "kind", "name"),
    )

    id: Mapped[Key]
    programme: Mapped[str]
    authority: Mapped[str]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    process: Mapped[str]
    element: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    cycle: Mapped[list[Any] | None]


def replace(session: Session, programme: str, rows: Sequence[StartEventRow]) -> None:
    """The start events of a programme's newest version take the place of those of the one before."""
    session.execute(delete(StartEventRow).where(StartEventRow.programme == programme))
    session.add_all(rows)


def named(session: Session, kind: str, name: str, *, authority_id: int | None = None) -> Sequence[int]:
    """Ids of the start events that this message or signal triggers; `authority_id` None: of every authority."""
    statement = select(StartEventRow.id).where(StartEventRow.kind == kind, StartEventRow.name == name)
    if authority_id is not None:
        mine = select(Organisation.code).where(Organisation.id == authority_id)
        statement = statement.where(StartEventRow.authority.in_(mine))
    return session.scalars(statement.order_by(StartEventRow.id)).all()


def lock(session: Session, row_id: int) -> StartEventRow | None:
    """The start event, locked until the commit, so that one event begins one case; None when it is gone."""
    statement = select(StartEventRow).where(StartEventRow.id == row_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def still_due(session: Session, row_id: int, now: datetime) -> StartEventRow | None:
    """The timer start, locked, if it is due and no other clock is at it."""
    statement = select(StartEventRow).where(StartEventRow.id == row_id, StartEventRow.due_at <= now)
    locked = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()
