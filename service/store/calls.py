"""Calls for declarations (批次) with the dates of their year."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.cases import Case, CaseEvent
from service.store.session import Base, Key, changed

INTAKE = "submission"  # the deadline that ends the intake of a call, for all or for one department's units


class Call(Base):
    """A call of one programme; `dates` gives a named deadline its date of this year.

    A department that recommends may have a date of its own for the units it is competent for: `name@organisation id`.
    """

    __tablename__ = "calls"
    __table_args__ = (UniqueConstraint("programme", "key"),)

    id: Mapped[Key]
    programme: Mapped[str]
    key: Mapped[str]
    year: Mapped[int]
    title: Mapped[str]
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    dates: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(default="open")
    news_at: Mapped[datetime | None] = mapped_column(index=True)  # when the clock next has something to tell of it

    @property
    def takes_declarations(self) -> bool:
        """Whether it opens an intake; one that has dates but none for that only gathers what has come in."""
        return not self.dates or INTAKE in self.dates

    def last_day(self, competent_id: int | None) -> date | None:
        """The last day on which a unit of this department may start a declaration; None: there is none."""
        own = self.dates.get(local_name(INTAKE, competent_id))
        return date.fromisoformat(own) if own else self.closes_on

    def phase(self, today: date, *, running: bool) -> str:
        """Where it stands: announced, open, closed while cases of it still run, archived once none does.

        A call without a last day stays open.
        """
        if self.opens_on is not None and today < self.opens_on:
            return "announced"
        if self.closes_on is None or today <= self.closes_on:
            return "open"
        return "closed" if running else "archived"


def local_name(name: str, competent_id: int | None) -> str:
    """Under which name a department's own date of a deadline stands among the dates of a call.

    >>> local_name("submission", 12)
    'submission@12'
    """
    return f"{name}@{competent_id}"


def dates_for(dates: dict[str, Any], competent_id: int | None) -> dict[str, date]:
    """The dates of a call as they hold for the units of one department.

    >>> dates_for({"submission": "2025-04-11", "submission@12": "2025-04-10", "submission@13": "2025-04-14"}, 12)
    {'submission': datetime.date(2025, 4, 10)}
    """
    common = {name: date.fromisoformat(day) for name, day in dates.items() if "@" not in name}
    return {
        name: date.fromisoformat(dates[own]) if (own := local_name(name, competent_id)) in dates else day
        for name, day in common.items()
    }


def current(session: Session, programme: str, on: date, competent_id: int | None = None) -> Call | None:
    """The newest call that takes declarations of a department's units on a day; its last day is one of its days."""
    found = [call for call in opened(session, programme, on) if call.takes_declarations]
    return next((call for call in found if (last := call.last_day(competent_id)) is None or last >= on), None)


def opened(session: Session, programme: str, on: date) -> list[Call]:
    """The calls of a programme that have been opened by a day, the newest first, intake over or not."""
    statement = select(Call).where(
        Call.programme == programme, Call.status == "open", or_(Call.opens_on.is_(None), Call.opens_on <= on)
    )
    return list(session.scalars(statement.order_by(Call.id.desc())))


def batch_of(session: Session, programme: str, name: str, on: date) -> Call | None:
    """The call into which a case of that day comes: of those whose date of this name is not before it, the first."""
    known = session.scalars(select(Call).where(Call.programme == programme, Call.status == "open"))
    fitting = [call for call in known if name in call.dates and date.fromisoformat(call.dates[name]) >= on]
    return min(fitting, key=lambda call: (call.dates[name], call.id), default=None)


def adopt(session: Session, call: Call) -> int:
    """Bring the cases into a new call that came after the last one had ended; how many.

    Such a case bears an event of the name of the date it missed.
    """
    taken = 0
    for name, day in call.dates.items():
        waiting = select(CaseEvent.case_id).where(CaseEvent.name == name, CaseEvent.on_date <= date.fromisoformat(day))
        mine = update(Case).where(Case.programme == call.programme, Case.call_id.is_(None), Case.id.in_(waiting))
        taken += changed(session, mine.values(call_id=call.id))
    return taken
