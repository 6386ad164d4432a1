"""The audit trail: what was done, by whom and when, written with the act itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Select, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.domain.identity import Actor
from service.store.session import Base, Key

DECISION = "decision"  # object_type of an entry that keeps a decision's value, inputs and digest


class AuditEntry(Base):
    """One act. `seq` and `hash` are given later by the sequencer, so that no row is fought over.

    It refers to nothing by a foreign key: the trail outlives what it tells of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_case_id_object_type", "case_id", "object_type"),
        Index(
            "ix_audit_entries_unsealed", "id", postgresql_where=text("seq IS NULL"), sqlite_where=text("seq IS NULL")
        ),
    )

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    case_id: Mapped[int | None]
    object_type: Mapped[str]
    object_id: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seq: Mapped[int | None] = mapped_column(unique=True)
    hash: Mapped[str | None]
    previous_hash: Mapped[str | None]


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    at: datetime,
    object_type: str,
    object_id: int | str,
    case_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write an act in its own transaction; `action` is past tense and kebab (`task-completed`).

    `details` are JSON without personal data beyond what the case itself holds. Entries of one act are written in one
    statement at the flush.
    """
    session.add(
        AuditEntry(
            at=at,
            actor_id=actor.user_id,
            actor_name=actor.name,
            action=action,
            case_id=case_id,
            object_type=object_type,
            object_id=str(object_id),
            details=details or {},
        )
    )


def decisions_of(session: Session, case_id: int) -> dict[str, Any]:
    """The last value of each decision taken in a case, by decision id: `details["value"]` of its newest entry."""
    query = select(AuditEntry.object_id, AuditEntry.details).where(AuditEntry.id.in_(_newest(case_id)))
    return {decision: details.get("value") for decision, details in session.execute(query)}


def last_decisions(session: Session, case_id: int) -> list[AuditEntry]:
    """The newest entry of each decision taken in a case, in the order in which they were taken."""
    query = select(AuditEntry).where(AuditEntry.id.in_(_newest(case_id))).order_by(AuditEntry.id)
    return list(session.scalars(query))


def _newest(case_id: int) -> Select[int]:
    return (
        select(func.max(AuditEntry.id))
        .where(AuditEntry.case_id == case_id, AuditEntry.object_type == DECISION)
        .group_by(AuditEntry.object_id)
    )
