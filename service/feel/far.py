"""Dates whose year Python does not have, from -999999999 to 999999999, told by a twin in the years 2000 to 2399.

The calendar repeats every 400 years, weekdays included, so the twin has the same days and the count of cycles the rest.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

YEARS = 400
MOST_YEARS = 999_999_999
_FIRST = 2000
_CYCLE = timedelta(days=146_097)
MICROSECONDS = 1_000_000  # of a second, in the keys that order date-times
_MICROSECOND = timedelta(microseconds=1)
_OF_THE_TWIN = frozenset(
    {"month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "weekday", "isoweekday", "utcoffset"}
    | {"timetuple", "isocalendar", "timetz", "time"}
)


class Far:
    """A date, or a date and time, outside the years 1 to 9999."""

    __slots__ = ("cycles", "twin")

    def __init__(self, cycles: int, twin: date) -> None:
        self.cycles = cycles
        self.twin = twin

    @property
    def year(self) -> int:
        """The year; 0 comes before 1."""
        return self.twin.year + YEARS * self.cycles

    def date(self) -> Any:
        """The day of a date and time."""
        return joined(self.cycles, self.twin.date() if isinstance(self.twin, datetime) else self.twin)

    def replace(self, **parts: Any) -> Any:
        """The same with another zone; the year cannot be replaced."""
        return Far(self.cycles, self.twin.replace(**parts))

    def isoformat(self) -> str:
        """The day as ISO 8601 writes it."""
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04d}-{self.twin.month:02d}-{self.twin.day:02d}"

    def __getattr__(self, name: str) -> Any:
        if name in _OF_THE_TWIN:
            return getattr(self.twin, name)
        raise AttributeError(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Far) and self.cycles == other.cycles and self.twin == other.twin

    def __hash__(self) -> int:
        return hash((self.cycles, self.twin))

    def __repr__(self) -> str:
        return f"Far({self.isoformat()})"


def is_moment(value: Any) -> bool:
    """Whether a value is a date and time, near or far."""
    return isinstance(value.twin if isinstance(value, Far) else value, datetime)


def is_day(value: Any) -> bool:
    """Whether a value is a date, with a time or without, near or far."""
    return isinstance(value, (date, Far))


def split(value: Any) -> tuple[int, Any]:
    """Any date as cycles and twin."""
    if isinstance(value, Far):
        return value.cycles, value.twin
    cycles, year = divmod(value.year - _FIRST, YEARS)
    return cycles, value.replace(year=_FIRST + year)


def joined(cycles: int, twin: Any) -> Any:
    """The date of a twin in any year; Python's own where it has the year. Raises OverflowError."""
    more, year = divmod(twin.year - _FIRST, YEARS)
    cycles += more
    whole = _FIRST + year + YEARS * cycles
    if abs(whole) > MOST_YEARS:
        raise OverflowError(whole)
    if 1 <= whole <= 9999:
        return twin.replace(year=whole)
    return Far(cycles, twin.replace(year=_FIRST + year))


def day_of(year: int, month: int, day: int) -> Any:
    """A date in any year. Raises ValueError, OverflowError."""
    cycles, rest = divmod(year - _FIRST, YEARS)
    return joined(cycles, date(_FIRST + rest, month, day))


def shifted(value: Any, length: timedelta) -> Any:
    """A date moved by a length. Raises OverflowError."""
    cycles, twin = split(value)
    whole, rest = divmod(length, _CYCLE)
    return joined(cycles + whole, twin + rest)


def difference(left: Any, right: Any) -> timedelta:
    """How far two dates lie apart; two date-times of one zone by the clock of the world, not of the wall."""
    if is_moment(left):
        return timedelta(microseconds=order_key(left) - order_key(right))
    return timedelta(days=order_key(left) - order_key(right))


def order_key(value: Any) -> int:
    """A number that orders dates (days), and date-times that both have a zone or both have none (microseconds)."""
    # a year that Python has keeps its own clock changes: the twin's are those of another year
    cycles, own = (value.cycles, value.twin) if isinstance(value, Far) else (0, value)
    if not isinstance(own, datetime):
        return cycles * _CYCLE.days + int(own.toordinal())
    start = datetime(_FIRST, 1, 1, tzinfo=None if own.tzinfo is None else UTC)
    since: timedelta = own - start
    return cycles * (_CYCLE // _MICROSECOND) + since // _MICROSECOND


def in_zone(moment: Any, zone: tzinfo) -> Any:
    """The same instant in another zone. Raises OverflowError."""
    if isinstance(moment, datetime):
        try:
            return moment.astimezone(zone)
        except OverflowError:
            pass  # at either end of Python's years
    cycles, twin = split(moment)
    return joined(cycles, twin.astimezone(zone))
