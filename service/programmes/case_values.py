"""What FEEL may read of one case: the view, the look-ups it asks for, and the functions bound to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.calendar import Calendar
from service.domain.deadlines import local_date
from service.engine import CaseValues
from service.feel import Function
from service.programmes.compiled import CompiledProgramme
from service.programmes.functions import CaseTimes, Parties, RecordedDeadline, functions, groups
from service.store import calendars
from service.store.calls import Call
from service.store.case_view import case_view, lookups
from service.store.cases import Case, CaseEvent
from service.store.deadlines import Deadline
from service.store.members import Member
from service.store.panels import Panel, Seat

Paths = Collection[tuple[str, ...]]
# Who holds a role may depend on the members or the panel; these rows are read only where a diagram can ask for them.
EVERYTHING: Paths = (("case",), ("lookup",))


@dataclass(frozen=True)
class CaseReading:
    """The frozen values of one case at one instant, and who holds each role in it."""

    view: Mapping[str, Any]
    lookup: Mapping[str, Any]
    functions: Mapping[str, Function]
    programme: CompiledProgramme
    parties: Parties
    times: CaseTimes
    calendar: Calendar

    @property
    def values(self) -> CaseValues:
        """As the engine takes them."""
        return CaseValues(view=self.view, lookup=self.lookup, functions=self.functions)

    @property
    def variables(self) -> dict[str, Any]:
        """As forms, letters and stories take them."""
        return {"case": self.view, "lookup": self.lookup}

    def group_keys(self, role: str, who: Any = None) -> list[str]:
        """The group keys that hold a role in this case; nobody for an unknown role."""
        return groups(self.programme.manifest, self.parties, role, who) or []


def read_case(
    session: Session, case: Case, programme: CompiledProgramme, *, now: datetime, paths: Paths = EVERYTHING
) -> CaseReading:
    """Read what `paths` (`("case", "members")`, `("lookup", "active_names")` …) can come to ask of a case."""
    today = local_date(now)
    calendar = calendars.load(session)
    parties = _parties(session, case)
    times = _times(session, case)
    view = case_view(session, case, paths)
    return CaseReading(
        view=view,
        lookup=lookups(session, case, paths, today),
        functions=functions(programme.manifest, calendar, times, parties, now),
        programme=programme,
        parties=parties,
        times=times,
        calendar=calendar,
    )


def _parties(session: Session, case: Case) -> Parties:
    members = session.execute(select(Member.id, Member.credit_code).where(Member.case_id == case.id)).all()
    newest = select(Panel.id).where(Panel.case_id == case.id).order_by(Panel.id.desc()).limit(1).scalar_subquery()
    seats = session.execute(
        select(Seat.expert_id, Seat.chair, Seat.state).where(Seat.panel_id == newest).order_by(Seat.position)
    ).all()
    sitting = [seat for seat in seats if seat.state != "declined" and seat.expert_id is not None]
    chair = next((seat.expert_id for seat in sitting if seat.chair), sitting[0].expert_id if sitting else None)
    return Parties(
        applicant_id=case.applicant_id,
        competent_id=case.competent_id,
        authority_id=case.authority_id,
        members={row.id: row.credit_code for row in members if row.credit_code},
        experts=tuple(seat.expert_id for seat in sitting),
        chair_expert_id=chair,
    )


def _times(session: Session, case: Case) -> CaseTimes:
    recorded = session.execute(
        select(Deadline.name, Deadline.due_at, Deadline.state, Deadline.reason)
        .where(Deadline.case_id == case.id, Deadline.state.in_(("running", "paused", "over")))
        .order_by(Deadline.id)
    )
    events = session.execute(
        select(CaseEvent.name, CaseEvent.on_date).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)
    )
    return CaseTimes(
        recorded={
            row.name: RecordedDeadline(row.due_at, row.state, _last_on(row.reason), row.reason) for row in recorded
        },
        call_dates=_call_dates(session, case),
        events={row.name: row.on_date for row in events},
    )


def _call_dates(session: Session, case: Case) -> dict[str, date]:
    """The dates of the case's call by deadline name; its opening and closing are `call-open` and `call-close`."""
    if case.call_id is None:
        return {}
    dates = select(Call.opens_on, Call.closes_on, Call.dates).where(Call.id == case.call_id)
    row = session.execute(dates).one_or_none()
    if row is None:
        return {}
    own = {"call-open": row.opens_on, "call-close": row.closes_on}
    named = {name: date.fromisoformat(day) for name, day in row.dates.items()}
    return {name: day for name, day in own.items() if day is not None} | named


def _last_on(reason: Mapping[str, Any]) -> date | None:
    last = reason.get("last_on")
    return date.fromisoformat(last) if last else None
