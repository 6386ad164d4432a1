"""What hangs on a case besides its forms: the cases of a meeting or a dispatch, and the panel that was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.case_view import answered_since
from service.store.cases import Case
from service.store.dispatches import Dispatch, DispatchItem
from service.store.experts import Expert
from service.store.meetings import Meeting, MeetingItem
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A case on a meeting's agenda or in a dispatch; what was decided of it, and under which conditions or why."""

    position: int
    case_id: int
    number: str
    title: str
    applicant: str
    decision: str
    conditions: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """A meeting and its items."""

    held_on: date | None
    number: str
    state: str
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat of a panel."""

    position: int
    expert: str
    employer: str
    field: str
    chair: bool
    state: str


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A draw that can be repeated from its seed, and who sits on it.

    The pool is sealed at `created_at`; `drawn_at` is when the witness drew, None before.
    """

    code: str
    seed: str
    pool_digest: str
    record: Mapping[str, Any]
    created_at: datetime
    seats: tuple[SeatRow, ...]

    @property
    def drawn_at(self) -> datetime | None:
        """When the witness wrote the number that drew the panel."""
        drawn = self.record.get("drawn_at")
        return datetime.fromisoformat(drawn) if drawn else None


def agenda(session: Session, case_id: int) -> Agenda | None:
    """The agenda, when the case is a meeting."""
    meeting = session.scalar(select(Meeting).where(Meeting.case_id == case_id))
    if meeting is None:
        return None
    found = session.execute(
        select(MeetingItem, Case.number, Case.title, Organisation.name)
        .join(Case, Case.id == MeetingItem.case_id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(MeetingItem.meeting_id == meeting.id)
        .order_by(MeetingItem.position, MeetingItem.id)
    )
    items = tuple(
        ItemRow(one.position, one.case_id, number or "", title, name or "", one.decision or "", one.conditions or "")
        for one, number, title, name in found
    )
    return Agenda(meeting.held_on, meeting.number or "", meeting.state, items)


def dispatched(session: Session, case_id: int) -> tuple[ItemRow, ...]:
    """The cases of a dispatch with what came of each, in its order; none when the case is no dispatch."""
    found = session.execute(
        select(DispatchItem, Case.number, Case.title, Organisation.name)
        .join(Dispatch, Dispatch.id == DispatchItem.dispatch_id)
        .join(Case, Case.id == DispatchItem.case_id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(Dispatch.case_id == case_id)
        .order_by(DispatchItem.position, DispatchItem.id)
    )
    return tuple(
        ItemRow(one.position, one.case_id, number or "", title, name or "", one.result, one.reason or "")
        for one, number, title, name in found
    )


def panel(session: Session, case_id: int) -> PanelRow | None:
    """The newest panel of a case; for staff only, because the experts are not to be approached."""
    newest = session.scalar(select(Panel).where(Panel.case_id == case_id).order_by(Panel.id.desc()).limit(1))
    if newest is None:
        return None
    found = session.execute(
        select(Seat, Expert.name, Expert.employer, Expert.field, answered_since(newest))
        .outerjoin(Expert, Expert.id == Seat.expert_id)
        .where(Seat.panel_id == newest.id)
        .order_by(Seat.position, Seat.id)
    )
    seats = tuple(
        SeatRow(
            seat.position,
            name or "",
            employer or "",
            field or "",
            seat.chair,
            "accepted" if answered and seat.state == "invited" else seat.state,
        )
        for seat, name, employer, field, answered in found
    )
    return PanelRow(newest.code, newest.seed, newest.pool_digest, newest.record, newest.created_at, seats)
