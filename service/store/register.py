"""The register (名录) of centres and consortia with its history, and what hangs on an entry: duties, bans, projects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key, changed

REFUSED: Final = "refused"  # a duty whose case could not begin


class RegisterEntry(Base):
    """A filed centre or consortium and its standing; `case_id` is the case that made the entry."""

    __tablename__ = "register_entries"
    __table_args__ = (Index("ix_register_entries_programme_state", "programme", "state"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    programme: Mapped[str]
    name: Mapped[str]
    credit_code: Mapped[str | None] = mapped_column(index=True)
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    state: Mapped[str]
    entered_on: Mapped[date]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RegisterChange(Base):
    """One dated change of an entry, kept for ever: `state` is the standing after it, `data` what was changed."""

    __tablename__ = "register_changes"

    id: Mapped[Key]
    register_entry_id: Mapped[int] = mapped_column(ForeignKey("register_entries.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    on_date: Mapped[date]
    at: Mapped[datetime]
    kind: Mapped[str]
    state: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Ban(Base):
    """A unit that may not apply from `from_on` to `to_on`, the last day included."""

    __tablename__ = "bans"

    id: Mapped[Key]
    credit_code: Mapped[str] = mapped_column(index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    reason: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))


class Duty(Base):
    """One occurrence of what an entry owes: waiting until `opens_at`, then a case of its own, then its result.

    One whose case was refused is set aside, with code and text of the refusal, until an administrator tries again.
    """

    __tablename__ = "duties"
    __table_args__ = (
        UniqueConstraint("register_entry_id", "kind", "due_on", name="uq_duties_entry_kind_due_on"),
        Index("ix_duties_due_on", "due_on"),
        Index(
            "ix_duties_waiting",
            "opens_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[Key]
    register_entry_id: Mapped[int] = mapped_column(ForeignKey("register_entries.id"))
    kind: Mapped[str]
    due_on: Mapped[date]
    opens_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting")  # waiting | open | refused | fulfilled | missed | void
    refusal: Mapped[dict[str, Any] | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    fulfilled_on: Mapped[date | None]


class Project(Base):
    """A government science project that a consortium carries: while one runs, it may not dissolve itself."""

    __tablename__ = "projects"
    __table_args__ = (UniqueConstraint("register_entry_id", "number", name="uq_projects_entry_number"),)

    id: Mapped[Key]
    register_entry_id: Mapped[int] = mapped_column(ForeignKey("register_entries.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    number: Mapped[str]
    name: Mapped[str]
    level: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    closed_on: Mapped[date | None]


class Support(Base):
    """A support that was granted to an entry; payment is no part of this service."""

    __tablename__ = "supports"

    id: Mapped[Key]
    register_entry_id: Mapped[int] = mapped_column(ForeignKey("register_entries.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    kind: Mapped[str]
    subject: Mapped[str]
    amount_yuan: Mapped[int | None]
    granted_on: Mapped[date]


def void_waiting_duties(session: Session, entry_id: int) -> int:
    """What an entry does not owe any more because it left the register; returns how many."""
    waiting = (Duty.register_entry_id == entry_id, Duty.state.in_(("waiting", REFUSED)))
    return changed(session, update(Duty).where(*waiting).values(state="void"))
