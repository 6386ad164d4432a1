"""The business calendar: working days by table, counted by bisection.

In China a public holiday closes weekdays and is paid for by working Saturdays and Sundays, so no rule about weekdays
gives the right answer; only the published table does.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from service.domain.errors import CalendarGap

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which the calendar says something: a holiday, or a weekend day that works."""

    on: date
    working: bool
    name: str
    source: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive days of one name, both ends included."""

    name: str
    first: date
    last: date


class Calendar:
    """The working days of every year that has a table; immutable.

    In the examples CN is the calendar of China that comes with the service.
    """

    __slots__ = ("_days", "_special", "_working", "digest", "provisional_years", "years")

    def __init__(self, days: Iterable[Day]) -> None:
        self._days = {day.on: day for day in days}
        self._special = sorted(self._days)
        self.years = frozenset(day.year for day in self._special)
        self.provisional_years = frozenset(day.on.year for day in self._days.values() if day.provisional)
        self._working = [ordinal for year in sorted(self.years) for ordinal in self._working_ordinals(year)]
        self.digest = digest_of(self._days.values())

    def _working_ordinals(self, year: int) -> Iterable[int]:
        for ordinal in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            special = self._days.get(day)
            if special.working if special else day.weekday() < 5:
                yield ordinal

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open.

        >>> CN.is_working_day(date(2025, 4, 27))  # a Sunday that pays for the Labour Day holidays
        True
        """
        self._require(day, day)
        at = bisect_left(self._working, day.toordinal())
        return at < len(self._working) and self._working[at] == day.toordinal()

    def add(self, day: date, working_days: int) -> date:
        """The last of `working_days` working days after `day`, whose own day is not counted (民法典 §201).

        A negative number counts backwards; 0 is the day itself, working or not. Raises CalendarGap when a year on
        the way has no table.

        >>> CN.add(date(2022, 9, 26), 10)  # 1-7 Oct closed, Sat 8 and Sun 9 work
        datetime.date(2022, 10, 13)
        >>> CN.add(date(2025, 1, 22), 10)
        datetime.date(2025, 2, 11)
        >>> CN.add(date(2025, 5, 6), -1)
        datetime.date(2025, 4, 30)
        """
        if working_days == 0:
            return day
        self._require(day, day)
        ordinal = day.toordinal()
        if working_days > 0:
            index = bisect_right(self._working, ordinal) + working_days - 1
            gap = max(self.years) + 1
        else:
            index = bisect_left(self._working, ordinal) + working_days
            gap = min(self.years) - 1
        if not 0 <= index < len(self._working):
            raise CalendarGap(year=gap)
        result = date.fromordinal(self._working[index])
        self._require(*sorted((day, result)))
        return result

    def count(self, after: date, until: date) -> int:
        """The working days after `after`, up to and including `until`; negative when `until` comes first.

        >>> CN.count(date(2025, 4, 1), date(2025, 4, 9))
        5
        """
        if until < after:
            return -self.count(until, after)
        self._require(after, until)
        return bisect_right(self._working, until.toordinal()) - bisect_right(self._working, after.toordinal())

    def next_working(self, day: date) -> date:
        """The day itself if it is a working day, else the next one.

        >>> CN.next_working(date(2025, 5, 1))
        datetime.date(2025, 5, 6)
        """
        return self.add(day - ONE_DAY, 1) if (day - ONE_DAY).year in self.years else self._first_from(day)

    def _first_from(self, day: date) -> date:
        self._require(day, day)
        return date.fromordinal(self._working[bisect_left(self._working, day.toordinal())])

    def holidays(self, after: date, until: date) -> tuple[Span, ...]:
        """The public holidays after `after`, up to and including `until`.

        >>> [f"{span.name} {span.first} {span.last}" for span in CN.holidays(date(2022, 9, 26), date(2022, 10, 13))]
        ['国庆节 2022-10-01 2022-10-07']
        """
        return self._spans(after, until, working=False)

    def made_up(self, after: date, until: date) -> tuple[Span, ...]:
        """The weekend days that work, after `after`, up to and including `until`."""
        return self._spans(after, until, working=True)

    def is_provisional(self, after: date, until: date) -> bool:
        """Whether the span touches a year whose table is not published yet."""
        return any(year in self.provisional_years for year in range(after.year, until.year + 1))

    def covers(self, day: date) -> bool:
        """Whether the year of the day has a table."""
        return day.year in self.years

    def unpublished_year(self, today: date) -> int | None:
        """The year whose table somebody has to import by now: this one, or from 15 November on the next.

        The State Council's office publishes a year's holidays in November of the year before.

        >>> CN.unpublished_year(date(2026, 11, 14)), CN.unpublished_year(date(2026, 11, 15))
        (None, 2027)
        """
        last = today.year + (today >= date(today.year, 11, 15))
        needed = (year for year in range(today.year, last + 1))
        return next((y for y in needed if y not in self.years or y in self.provisional_years), None)

    def _spans(self, after: date, until: date, *, working: bool) -> tuple[Span, ...]:
        spans: list[Span] = []
        for on in self._special[bisect_right(self._special, after) : bisect_right(self._special, until)]:
            day = self._days[on]
            if day.working is not working:
                continue
            if spans and spans[-1].name == day.name and spans[-1].last + ONE_DAY == on:
                spans[-1] = Span(day.name, spans[-1].first, on)
            else:
                spans.append(Span(day.name, on, on))
        return tuple(spans)

    def _require(self, first: date, last: date) -> None:
        for year in range(first.year, last.year + 1):
            if year not in self.years:
                raise CalendarGap(year=year)


def digest_of(days: Iterable[Day]) -> str:
    """One sha256 over what the days say; equal digests count alike."""
    rows = sorted(f"{day.on} {day.working:d} {day.provisional:d} {day.name}" for day in days)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
