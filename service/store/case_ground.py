"""What every move of a case reads besides its view, in one statement: who takes part, what runs until when.

A move reads seven small tables; one journey to the database for all of them is most of its time saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Boolean, CompoundSelect, Date, String, bindparam, select, union_all
from sqlalchemy.orm import Session

from service.domain.calendar import Calendar
from service.store import calendars
from service.store.calls import Call, dates_for
from service.store.cases import Case, CaseEvent
from service.store.counters import Counter
from service.store.deadlines import Deadline
from service.store.members import Member
from service.store.panels import Panel, Seat
from service.store.session import DATA, INT64, UTCDateTime
from service.store.unions import by_kind, columns_of

CALL_DAYS = ("call-open", "call-close")  # the call's own days, read under these names


_columns = partial(
    columns_of,
    types={
        "place": INT64,
        "key": INT64,
        "name": String(),
        "state": String(),
        "on_day": Date(),
        "at": UTCDateTime(),
        "flag": Boolean(),
        "data": DATA,
    },
)


@dataclass(frozen=True, slots=True)
class SeatOnPanel:
    """A seat of the newest panel."""

    expert_id: int | None
    chair: bool
    state: str


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """A deadline that has not been met: running, paused or over."""

    name: str
    state: str
    due_at: datetime
    reason: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseGround:
    """Everything small a move needs; members by id, the newest of each event and deadline name."""

    calendar: Calendar
    members: Mapping[int, str | None] = field(default_factory=dict)
    seats: tuple[SeatOnPanel, ...] = ()
    deadlines: Mapping[str, RunningDeadline] = field(default_factory=dict)
    events: Mapping[str, date] = field(default_factory=dict)
    call_dates: Mapping[str, date] = field(default_factory=dict)


def case_ground(session: Session, case: Case, jurisdiction: str = calendars.CHINA) -> CaseGround:
    """Read it; the calendar comes from this process's memory unless its days have changed."""
    values = {"case_id": case.id, "stamp": calendars.stamp_name(jurisdiction), "call_id": case.call_id}
    found = by_kind(session, _statement(), values)
    for rows in found.values():
        rows.sort(key=lambda row: row.place or 0)
    return _ground(session, jurisdiction, found, case.competent_id)


@cache
def _statement() -> CompoundSelect[Any]:
    case_id, call_id = bindparam("case_id", type_=INT64), bindparam("call_id", type_=INT64)
    newest_panel = select(Panel.id).where(Panel.case_id == case_id).order_by(Panel.id.desc()).limit(1)
    member = _columns("member", place=Member.position, key=Member.id, name=Member.credit_code)
    seat = _columns("seat", place=Seat.position, key=Seat.expert_id, name=Seat.state, flag=Seat.chair)
    event = _columns("event", place=CaseEvent.id, name=CaseEvent.name, on_day=CaseEvent.on_date)
    deadline = _columns(
        "deadline",
        place=Deadline.id,
        name=Deadline.name,
        state=Deadline.state,
        at=Deadline.due_at,
        data=Deadline.reason,
    )
    return union_all(
        select(*_columns("calendar", key=Counter.value)).where(Counter.name == bindparam("stamp")),
        select(*member).where(Member.case_id == case_id),
        select(*seat).where(Seat.panel_id == newest_panel.scalar_subquery()),
        select(*event).where(CaseEvent.case_id == case_id),
        select(*deadline).where(Deadline.case_id == case_id, Deadline.state != "met"),
        select(*_columns("call", data=Call.dates)).where(Call.id == call_id),
        select(*_columns("call-open", on_day=Call.opens_on)).where(Call.id == call_id),
        select(*_columns("call-close", on_day=Call.closes_on)).where(Call.id == call_id),
    )


def _ground(
    session: Session, jurisdiction: str, found: Mapping[str, list[Any]], competent_id: int | None
) -> CaseGround:
    stamp = next((row.key for row in found.get("calendar", ())), 0)
    dates = next((row.data for row in found.get("call", ())), None) or {}
    own = {kind: row.on_day for kind in CALL_DAYS for row in found.get(kind, ()) if row.on_day is not None}
    return CaseGround(
        calendar=calendars.with_stamp(session, jurisdiction, stamp),
        members={row.key: row.name for row in found.get("member", ())},
        seats=tuple(SeatOnPanel(row.key, row.flag, row.name) for row in found.get("seat", ())),
        deadlines={
            row.name: RunningDeadline(row.name, row.state, row.at, row.data or {}) for row in found.get("deadline", ())
        },
        events={row.name: row.on_day for row in found.get("event", ())},
        call_dates=own | dates_for(dates, competent_id),
    )
