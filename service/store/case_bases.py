"""What a case rests on: the entry of another programme that it would promote, or whose approval it relies on."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import ForeignKey, Select, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import Base, Key
from service.store.subscriptions import MESSAGE, Subscription

PROMOTION: Final = "promotion"  # the centre of the entry goes up: what comes of the case is told to who nominated it
APPROVAL: Final = "approval"  # the entry's own approval is relied on: a direct recognition
UPPER_ENDED: Final = "upper-ended"  # the message by which a nomination hears what came of the case above


class CaseBasis(Base):
    """The entry that a case rests on; `nomination_id` is the case that had nominated it by then, if one had."""

    __tablename__ = "case_bases"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    register_entry_id: Mapped[int] = mapped_column(ForeignKey("register_entries.id"), index=True)
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]


def promotion_of(session: Session, case_id: int) -> CaseBasis | None:
    """What a case would promote, if it rests on a lower centre: asked of every case that ends."""
    return session.scalar(_promotion(), {"wanted": case_id})


@cache
def _promotion() -> Select[CaseBasis]:
    found = select(CaseBasis).where(CaseBasis.case_id == bindparam("wanted"), CaseBasis.kind == PROMOTION)
    return found.execution_options(autoflush=False)  # an operation has written its rows before the case ends


def nominations(session: Session, entry_id: int) -> list[int]:
    """The cases about the entry that wait to hear what came of it above, the newest first."""
    waits = (Subscription.kind == MESSAGE, Subscription.name == UPPER_ENDED)
    rows = (
        select(Case.id)
        .join(Instance, Instance.case_id == Case.id)
        .join(Subscription, Subscription.instance_id == Instance.id)
        .where(Case.register_entry_id == entry_id, Case.ended_at.is_(None), *waits)
    )
    return list(session.scalars(rows.order_by(Case.id.desc()).distinct()))
