"""What stands behind the dot: members of contexts, and the parts of dates, durations and ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from service.feel.temporal import offset_of
from service.feel.values import Value, YearsMonths, kind


def _part(name: str) -> Callable[[Any], Value]:
    return lambda value: Decimal(getattr(value, name))


def _zone_name(value: Any) -> Value:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _months_part(part: int) -> Callable[[Any], Value]:
    def read(value: YearsMonths) -> Value:
        found = divmod(abs(value.months), 12)[part]
        return Decimal(-found if value.months < 0 else found)

    return read


def _days_part(unit: int, whole: int) -> Callable[[Any], Value]:
    def read(value: timedelta) -> Value:
        length = abs(value)
        found = length.days if whole == 0 else length.seconds // unit % whole
        return Decimal(-found if value < timedelta(0) else found)

    return read


_DATE: dict[str, Callable[[Any], Value]] = {
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "weekday": lambda value: Decimal(value.isoweekday()),
}
_TIME: dict[str, Callable[[Any], Value]] = {
    "hour": _part("hour"),
    "minute": _part("minute"),
    "second": _part("second"),
    "time offset": offset_of,
    "timezone": _zone_name,
}
_PARTS: dict[str, dict[str, Callable[[Any], Value]]] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": _DATE | _TIME,
    "years and months duration": {"years": _months_part(0), "months": _months_part(1)},
    "days and time duration": {
        "days": _days_part(86400, 0),
        "hours": _days_part(3600, 24),
        "minutes": _days_part(60, 60),
        "seconds": _days_part(1, 60),
    },
    "range": {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}


class NoMember(Exception):  # noqa: N818 -- it never leaves this package
    """There is nothing of that name behind the dot."""


def member(value: Value, name: str) -> Value:
    """`value.name`; of a list, the member of each element. Raises NoMember where there is none at all."""
    found = kind(value)
    if found == "context":
        if name in value:
            return value[name]
        raise NoMember
    if found == "list":
        return [_member_or_null(item, name) for item in value]
    parts = _PARTS.get(found)
    if parts is None or name not in parts:
        raise NoMember
    return parts[name](value)


def _member_or_null(value: Value, name: str) -> Value:
    try:
        return member(value, name)
    except NoMember:
        return None
