"""What an administrator keeps by the year: the life of each call and what came of it, the years of the calendar."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from service.store import calendars
from service.store.calls import Call
from service.store.cases import Case

MOST: Final = 200  # calls of one list
YEARS_SHOWN: Final = 3
ENDED_BY_THE_DATE: Final = ("lapsed", "late")


@dataclass(frozen=True, slots=True)
class CallLife:
    """A call with its phase: cases received, still running, and ended by the date because they came late or never."""

    call_id: int
    programme: str
    key: str
    title: str
    opens_on: date | None
    closes_on: date | None
    phase: str
    received: int
    running: int
    too_late: int


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """A year of the business calendar: `published`, `provisional`, or `missing`: nothing can be counted into it."""

    year: int
    state: Literal["published", "provisional", "missing"]


def calendar_years(session: Session, today: date) -> tuple[CalendarYear, ...]:
    """This year and the two that follow: so far the periods that begin now can reach."""
    calendar = calendars.load(session)

    def state(year: int) -> Literal["published", "provisional", "missing"]:
        if year not in calendar.years:
            return "missing"
        return "provisional" if year in calendar.provisional_years else "published"

    return tuple(CalendarYear(year, state(year)) for year in range(today.year, today.year + YEARS_SHOWN))


def unpublished_year(session: Session, today: date) -> int | None:
    """The year whose holidays somebody has to import by now; None where all is there."""
    return calendars.load(session).unpublished_year(today)


def lives(session: Session, programmes: Collection[str], today: date) -> tuple[CallLife, ...]:
    """The calls of these programmes, the newest first."""
    counts = (
        select(
            Case.call_id,
            func.count(Case.submitted_at).label("received"),
            func.sum(case((Case.ended_at.is_(None), 1), else_=0)).label("running"),
            func.sum(case((Case.outcome.in_(ENDED_BY_THE_DATE), 1), else_=0)).label("too_late"),
        )
        .where(Case.call_id.is_not(None))
        .group_by(Case.call_id)
        .subquery()
    )
    found = session.execute(
        select(Call, counts.c.received, counts.c.running, counts.c.too_late)
        .outerjoin(counts, counts.c.call_id == Call.id)
        .where(Call.programme.in_(programmes))
        .order_by(Call.id.desc())
        .limit(MOST)
    )
    return tuple(_life(call, today, *(int(number or 0) for number in numbers)) for call, *numbers in found)


def _life(call: Call, today: date, received: int, running: int, too_late: int) -> CallLife:
    return CallLife(
        call_id=call.id,
        programme=call.programme,
        key=call.key,
        title=call.title,
        opens_on=call.opens_on,
        closes_on=call.closes_on,
        phase=call.phase(today, running=running > 0),
        received=received,
        running=running,
        too_late=too_late,
    )
