"""Cases, each one run of a procedure, and the dated events recorded of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key

DUTY_DUE: Final = "duty-due"  # the event whose day the deadlines of a duty's case are counted from


class Case(Base):
    """One run of a procedure, pinned to its deployment; one about a centre in the register names its entry."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_programme_procedure_state", "programme", "procedure", "state"),)

    id: Mapped[Key]
    number: Mapped[str | None] = mapped_column(unique=True)
    programme: Mapped[str]
    procedure: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    competent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    # no foreign key: an entry names the case that made it, and two tables do not refer to each other
    register_entry_id: Mapped[int | None] = mapped_column(index=True)
    started_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"), index=True)
    papers_sent_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    receipt_code: Mapped[str | None] = mapped_column(unique=True)
    suspended_at: Mapped[datetime | None]


class CaseEvent(Base):
    """Something dated that starts a deadline, such as `notice-published`; the newest of a name counts."""

    __tablename__ = "case_events"
    __table_args__ = (Index("ix_case_events_case_id_name", "case_id", "name"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    name: Mapped[str]
    on_date: Mapped[date]
    at: Mapped[datetime]


def numbers_of(session: Session, case_ids: Collection[int]) -> list[str]:
    """What people call these cases: their numbers; the key of one that has none yet."""
    found = session.execute(select(Case.id, Case.number).where(Case.id.in_(case_ids)).order_by(Case.id))
    return [number or str(case_id) for case_id, number in found]
