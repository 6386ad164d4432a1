"""What FEEL may read of one case: the view, the look-ups it asks for, and the functions bound to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.calendar import Calendar
from service.domain.deadlines import local_date
from service.engine import CaseValues
from service.feel import Function
from service.programmes.compiled import CompiledProgramme
from service.programmes.functions import CaseTimes, Parties, RecordedDeadline, functions, groups
from service.store.case_ground import CaseGround, case_ground
from service.store.case_view import case_view
from service.store.cases import Case
from service.store.lookups import Lookups

Paths = Collection[tuple[str, ...]]
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
    ground: CaseGround

    @property
    def calendar(self) -> Calendar:
        """The business calendar."""
        return self.ground.calendar

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
    session: Session,
    case: Case,
    programme: CompiledProgramme,
    *,
    now: datetime,
    paths: Paths = EVERYTHING,
    ground: CaseGround | None = None,
) -> CaseReading:
    """Read what `paths` (`("case", "members")`, `("lookup", "active_names")` …) can come to ask of a case.

    `ground` is what an earlier reading of the same transaction found and nothing has changed since.
    """
    ground = ground or case_ground(session, case)
    parties, times = _parties(case, ground), _times(ground)
    return CaseReading(
        view=case_view(session, case, paths) if _under(paths, "case") else {"id": str(case.id)},
        lookup=Lookups(session, case, paths, local_date(now)) if _under(paths, "lookup") else {},
        functions=functions(programme.manifest, ground.calendar, times, parties, now),
        programme=programme,
        parties=parties,
        times=times,
        ground=ground,
    )


def _under(paths: Paths, root: str) -> bool:
    return any(path[0] == root and path != ("case", "id") for path in paths)


def _parties(case: Case, ground: CaseGround) -> Parties:
    sitting = [seat for seat in ground.seats if seat.state != "declined" and seat.expert_id is not None]
    chair = next((seat.expert_id for seat in sitting if seat.chair), sitting[0].expert_id if sitting else None)
    return Parties(
        applicant_id=case.applicant_id,
        competent_id=case.competent_id,
        authority_id=case.authority_id,
        members={member: code for member, code in ground.members.items() if code},
        experts=tuple(seat.expert_id for seat in sitting if seat.expert_id is not None),
        chair_expert_id=chair,
    )


def _times(ground: CaseGround) -> CaseTimes:
    return CaseTimes(
        recorded={
            name: RecordedDeadline(row.due_at, row.state, _last_on(row.reason), row.reason)
            for name, row in ground.deadlines.items()
        },
        call_dates=ground.call_dates,
        events=ground.events,
    )


def _last_on(reason: Mapping[str, Any]) -> date | None:
    last = reason.get("last_on")
    return date.fromisoformat(last) if last else None
