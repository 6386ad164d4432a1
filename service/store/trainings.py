"""Training on a declaration: which call an act of training belongs to, and the cases it is for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.calls import Call, opened
from service.store.cases import Case

HELD: Final = "training-held"  # the message a case waits for, and the event its periods are counted from
WAITING: Final = "submitted"  # the state of a case that waits for the training


def call_to_train(session: Session, programme: str, on: date) -> Call | None:
    """The call an act of training belongs to: the first with a case that waits for one, else the newest."""
    found = opened(session, programme, on)
    waiting = select(Case.call_id).where(
        Case.call_id.in_([call.id for call in found]), Case.state == WAITING, Case.ended_at.is_(None)
    )
    wanted = set(session.scalars(waiting))
    return next((call for call in reversed(found) if call.id in wanted), found[0] if found else None)


def submitted_in(session: Session, training: Case) -> Sequence[Case]:
    """The cases of the training's call that were declared and still run, in the order in which they were started."""
    if training.call_id is None:
        return []
    declared = select(Case).where(
        Case.call_id == training.call_id,
        Case.submitted_at.is_not(None),
        Case.ended_at.is_(None),
        Case.id != training.id,
    )
    return session.scalars(declared.order_by(Case.id)).all()
