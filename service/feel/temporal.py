"""Dates, times and durations: reading their ISO 8601 text, shifting them, and the zone a value has."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.feel.far import YEARS, day_of, is_moment, joined, shifted, split
from service.feel.values import YearsMonths

_DATE = re.compile(r"(-?(?:[1-9]\d{4,}|\d{4}))-(\d\d)-(\d\d)", re.A)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z_+\-/0-9]+)?", re.A)
_DAYS_TIME = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(\.\d*)?S)?)?", re.A)
_YEARS_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?", re.A)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST_OFFSET = timedelta(hours=14)
_MOST_DIGITS = 18
MOST_MONTHS = 10**20


def read_date(text: str) -> Any:
    """A date such as 2026-04-15."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return day_of(int(found[1]), int(found[2]), int(found[3]))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name such as Asia/Shanghai."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def read_zone(text: str | None) -> tzinfo | None:
    """The zone after a time: Z, an offset or @name; raises ValueError where there is no such zone."""
    if not text:
        return None
    if text == "Z":
        return UTC
    if text[0] == "@":
        named = zone(text[1:])
        if named is None:
            raise ValueError(text)
        return named
    parts = [int(part) for part in text[1:].split(":")]
    offset = timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) > 2 else 0)
    if offset > _LARGEST_OFFSET or parts[1] > 59:
        raise ValueError(text)
    return timezone(-offset if text[0] == "-" else offset)


def _microseconds(fraction: str | None) -> int:
    return int((fraction or ".0")[1:7].ljust(6, "0"))


def read_time(text: str) -> time | None:
    """A time of day such as 17:30:00+08:00; 24:00:00 is midnight."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    if (hour, minute, second) == (24, 0, 0):
        hour = 0
    try:
        return time(hour, minute, second, _microseconds(found[4]), read_zone(found[5]))
    except ValueError:
        return None


def read_date_and_time(text: str) -> Any:
    """A date and time such as 2026-04-15T17:30:00; a date alone is its midnight."""
    day_text, separator, time_text = text.partition("T")
    day = read_date(day_text)
    if day is None:
        return None
    moment = read_time(time_text) if separator else time(0)
    if moment is None:
        return None
    result = combined(day, moment)
    try:
        return shifted(result, timedelta(days=1)) if time_text.startswith("24:") else result
    except OverflowError:
        return None


def combined(day: Any, moment: time) -> Any:
    """A day and a time of day as a date and time, in the time's zone."""
    cycles, twin = split(day)
    return joined(cycles, datetime.combine(twin, moment))


def read_duration(text: str) -> YearsMonths | timedelta | None:
    """A duration such as P1Y6M or P10DT2H; the two kinds do not mix."""
    found = _YEARS_MONTHS.fullmatch(text)
    if found and (found[2] or found[3]):
        if len(found[2] or "") > _MOST_DIGITS or len(found[3] or "") > _MOST_DIGITS:
            return None
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonths(-months if found[1] else months)
    found = _DAYS_TIME.fullmatch(text)
    if not found or not any(found[index] for index in (2, 3, 4, 5)) or text.endswith("T"):
        return None
    try:
        length = timedelta(
            days=int(found[2] or 0),
            hours=int(found[3] or 0),
            minutes=int(found[4] or 0),
            seconds=int(found[5] or 0),
            microseconds=_microseconds(found[6]),
        )
        return -length if found[1] else length
    except OverflowError:
        return None


def months_long(count: int) -> YearsMonths:
    """A duration of so many months. Raises OverflowError for more than any date could be moved by."""
    if abs(count) > MOST_MONTHS:
        raise OverflowError(count)
    return YearsMonths(count)


def read_literal(text: str) -> Any:
    """What stands in an at literal, @"…": the kind follows from the form."""
    if text.lstrip("-").startswith("P"):
        return read_duration(text)
    if "T" in text.partition("@")[0]:
        return read_date_and_time(text)
    day = read_date(text)
    return day if day is not None else read_time(text)


def add_months(day: Any, months: int) -> Any:
    """The same day some months later (a date and time keeps its time), or the last day of a shorter month.

    >>> add_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    cycles, twin = split(day)
    years, month = divmod(twin.year * 12 + twin.month - 1 + months, 12)
    more, year = divmod(years - twin.year, YEARS)
    last = calendar.monthrange(twin.year + year, month + 1)[1]
    return joined(cycles + more, twin.replace(year=twin.year + year, month=month + 1, day=min(twin.day, last)))


def midnight(day: Any) -> Any:
    """A date as a date and time at UTC midnight, the way FEEL mixes the two; a date and time stays."""
    return day if is_moment(day) else combined(day, time(0, tzinfo=UTC))


def seconds(length: timedelta) -> Decimal:
    """The exact length in seconds."""
    return Decimal(length // _MICROSECOND) / 1_000_000


def of_seconds(count: Decimal) -> timedelta:
    """A duration of so many seconds, to the microsecond."""
    return timedelta(microseconds=int(count * 1_000_000))


def shifted_time(moment: time, length: timedelta) -> time:
    """A time of day moved on, around midnight where need be."""
    start = datetime(2000, 6, 1, moment.hour, moment.minute, moment.second, moment.microsecond, tzinfo=UTC)
    moved = start + timedelta(seconds=length.seconds, microseconds=length.microseconds)
    return moved.time().replace(tzinfo=moment.tzinfo)


def since_midnight(moment: time) -> timedelta:
    """A time of day as the length since midnight UTC, so that offsets and named zones compare."""
    length = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return length - (offset_of(moment) or timedelta(0))


def offset_of(moment: time | datetime) -> timedelta | None:
    """The offset from UTC; of a time in a named zone the one of 1 January 2000."""
    if moment.tzinfo is None:
        return None
    own = moment.utcoffset()
    return own if own is not None else datetime(2000, 1, 1, tzinfo=moment.tzinfo).utcoffset()
