"""The business calendar as rows, its years as they come with the service, and the Calendar value made of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, extract, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.domain.calendar import Calendar, Day, digest_of
from service.store.counters import Counter, put
from service.store.session import Base

CHINA: Final = "cn"
LONGEST_RANGE: Final = 366  # days; what is longer, or ends before it begins, is a mistake
YEARS: Final = Path(__file__).with_name("calendar_years")


class CalendarDay(Base):
    """One day of a jurisdiction's calendar; `provisional` until its year is published."""

    __tablename__ = "calendar_days"

    jurisdiction: Mapped[str] = mapped_column(primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]
    provisional: Mapped[bool] = mapped_column(default=False)


def load(session: Session, jurisdiction: str = CHINA) -> Calendar:
    """The calendar of a jurisdiction; one small statement when this process has read the same days before."""
    stamp = session.scalar(select(Counter.value).where(Counter.name == stamp_name(jurisdiction)))
    return with_stamp(session, jurisdiction, stamp or 0)


def with_stamp(session: Session, jurisdiction: str, stamp: int) -> Calendar:
    """The calendar whose days have this stamp: from memory, or read."""
    known = _KNOWN.get((jurisdiction, stamp))
    if known is None:
        known = Calendar(days_of(session, jurisdiction))
        _KNOWN.clear()
        _KNOWN[jurisdiction, stamp] = known
    return known


# The stamp is made of the days themselves, so that two databases with one stamp have one calendar.
_KNOWN: dict[tuple[str, int], Calendar] = {}


def days_of(session: Session, jurisdiction: str = CHINA, year: int | None = None) -> list[Day]:
    """The days of a jurisdiction, or of one of its years, in order."""
    rows = select(CalendarDay).where(CalendarDay.jurisdiction == jurisdiction).order_by(CalendarDay.on_date)
    if year is not None:
        rows = rows.where(extract("year", CalendarDay.on_date) == year)
    return [Day(row.on_date, row.working, row.name, row.source, row.provisional) for row in session.scalars(rows)]


def replace_year(session: Session, jurisdiction: str, year: int, days: Iterable[Day]) -> None:
    """Put the days of a year in the place of what was there; open deadlines are the caller's to recompute."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    session.execute(
        delete(CalendarDay).where(CalendarDay.jurisdiction == jurisdiction, CalendarDay.on_date.between(first, last))
    )
    _insert(session, jurisdiction, days)
    _stamp(session, jurisdiction)


def seed(session: Session, jurisdiction: str = CHINA) -> int:
    """Add the years that come with the service and are not in the table, or only provisionally.

    The number of years added. A year that an administrator imported is left alone.
    """
    stored = {day.on.year for day in days_of(session, jurisdiction) if not day.provisional}
    provisional = {day.on.year for day in days_of(session, jurisdiction) if day.provisional}
    shipped = {year: days for year, days in shipped_years(jurisdiction).items() if year not in stored}
    fresh = {y: days for y, days in shipped.items() if y not in provisional or not days[0].provisional}
    for year in fresh.keys() & provisional:
        replace_year(session, jurisdiction, year, ())
    _insert(session, jurisdiction, [day for days in fresh.values() for day in days])
    if fresh:
        _stamp(session, jurisdiction)
    return len(fresh)


@lru_cache(maxsize=4)
def shipped_years(jurisdiction: str = CHINA) -> Mapping[int, tuple[Day, ...]]:
    """The years of a jurisdiction that come with the service."""
    files = sorted(YEARS.glob(f"{jurisdiction}-*.toml"))
    return {table["year"]: read_year(table) for table in (tomllib.loads(f.read_text("utf-8")) for f in files)}


def shipped(jurisdiction: str = CHINA) -> Calendar:
    """The calendar that comes with the service, without a database."""
    return Calendar(day for days in shipped_years(jurisdiction).values() for day in days)


def read_year(table: Mapping[str, Any]) -> tuple[Day, ...]:
    """The days of one year's table: `holidays` and `working` give names their days ('2025-05-01/2025-05-05')."""
    source, provisional = table["source"], table.get("provisional", False)
    days = [
        Day(on, working, name, source, provisional)
        for key, working in (("holidays", False), ("working", True))
        for name, ranges in table.get(key, {}).items()
        for text in ranges
        for on in _each(text)
    ]
    return tuple(sorted(days, key=lambda day: day.on))


def _each(text: str) -> Iterable[date]:
    first, _, last = text.partition("/")
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if not 0 <= (end - start).days <= LONGEST_RANGE:
        raise ValueError(text)
    return (start + timedelta(days=count) for count in range((end - start).days + 1))


def _insert(session: Session, jurisdiction: str, days: Iterable[Day]) -> None:
    rows = [
        {
            "jurisdiction": jurisdiction,
            "on_date": day.on,
            "working": day.working,
            "name": day.name,
            "source": day.source,
            "provisional": day.provisional,
        }
        for day in days
    ]
    if rows:
        session.execute(insert(CalendarDay), rows)


def _stamp(session: Session, jurisdiction: str) -> None:
    # 15 hexadecimal digits fit an int64 with its sign.
    put(session, stamp_name(jurisdiction), int(digest_of(days_of(session, jurisdiction))[:15], 16))


def stamp_name(jurisdiction: str) -> str:
    """The counter that holds the stamp of a jurisdiction's days."""
    return f"calendar:{jurisdiction}"
