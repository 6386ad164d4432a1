"""The register (名录) of centres and consortia, bans, and recurring duties."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class RegisterEntry(Base):
    """A filed centre or consortium and its standing."""

    __tablename__ = "register_entries"
    __table_args__ = (Index("ix_register_entries_programme_state", "programme", "state"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    programme: Mapped[str]
    name: Mapped[str]
    credit_code: Mapped[str | None] = mapped_column(index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    state: Mapped[str]
    entered_on: Mapped[date]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Ban(Base):
    """A unit that may not apply from `from_on` to `to_on`, the last day included."""

    __tablename__ = "bans"

    id: Mapped[Key]
    credit_code: Mapped[str] = mapped_column(index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    reason: Mapped[str]


class Duty(Base):
    """A recurring duty of a registered centre, such as an annual report."""

    __tablename__ = "duties"
    __table_args__ = (Index("ix_duties_state_due_on", "state", "due_on"),)

    id: Mapped[Key]
    register_entry_id: Mapped[int] = mapped_column(ForeignKey("register_entries.id"), index=True)
    kind: Mapped[str]
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="waiting")
