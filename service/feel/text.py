"""The text of a FEEL value, as `string(value)` gives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from service.feel.run import Budget, BudgetExceeded
from service.feel.values import NUMBERS, Range, Value, YearsMonths, kind, number

_NAME = re.compile(r"[^\W\d][\w ]*")
MAX_PARTS = 200_000
_MICROSECOND = timedelta(microseconds=1)


def to_text(value: Value) -> str:
    """The text of a value; a string is itself, a list or context is written as FEEL would. Raises BudgetExceeded.

    >>> to_text([Decimal("1.50"), "a"])
    '[1.5, "a"]'
    """
    try:
        return write(value, Budget(MAX_PARTS, reason="size"))
    except RecursionError:
        raise BudgetExceeded("depth") from None


def write(value: Value, budget: Budget) -> str:
    """The text of a value; every part of a list or context costs a step."""
    return value if isinstance(value, str) else _part(value, budget)


def _part(value: Value, budget: Budget) -> str:
    budget.spend()
    return _WRITERS[kind(value)](value, budget)


def _string(value: str, _: Budget) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number_text(value: Decimal) -> str:
    """A number without exponent and without zeros at its end."""
    return format(value.normalize(NUMBERS), "f") if value else "0"


def _number(value: Value, _: Budget) -> str:
    return number_text(number(value) or Decimal(0))


def zone_text(moment: datetime | time) -> str:
    """The zone as FEEL writes it behind a time; nothing for a local one."""
    if moment.tzinfo is None:
        return ""
    if isinstance(moment.tzinfo, ZoneInfo):
        return "@" + moment.tzinfo.key
    offset = moment.utcoffset()
    if not offset:
        return "Z"
    minutes, second = divmod(abs(int(offset.total_seconds())), 60)
    text = f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{second:02d}" if second else text


def _clock(moment: datetime | time) -> str:
    text = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    return text + (f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else "")


def _time(value: time, _: Budget) -> str:
    return _clock(value) + zone_text(value)


def _date_and_time(value: datetime, _: Budget) -> str:
    return f"{value.date().isoformat()}T{_clock(value)}{zone_text(value)}"


def _years_months(value: YearsMonths, _: Budget) -> str:
    years, months = divmod(abs(value.months), 12)
    text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
    return ("-P" if value.months < 0 else "P") + text


def _days_time(value: timedelta, _: Budget) -> str:
    count = value // _MICROSECOND
    if not count:
        return "PT0S"
    rest, micro = divmod(abs(count), 1_000_000)
    rest, second = divmod(rest, 60)
    rest, minute = divmod(rest, 60)
    day, hour = divmod(rest, 24)
    fraction = f".{micro:06d}".rstrip("0") if micro else ""
    clock = (f"{hour}H" if hour else "") + (f"{minute}M" if minute else "")
    clock += f"{second}{fraction}S" if second or fraction else ""
    sign = "-" if count < 0 else ""
    return f"{sign}P{f'{day}D' if day else ''}{'T' + clock if clock else ''}"


def _list(value: list[Value], budget: Budget) -> str:
    return "[" + ", ".join(_part(item, budget) for item in value) + "]"


def _context(value: Any, budget: Budget) -> str:
    entries = (
        (name if _NAME.fullmatch(name) else _string(name, budget)) + ": " + _part(item, budget)
        for name, item in value.items()
    )
    return "{" + ", ".join(entries) + "}"


def _range(value: Range, budget: Budget) -> str:
    if value.relation:
        return f"({value.relation} {_part(value.start, budget)})"
    if value.end is None:
        return f"({'>=' if value.start_included else '>'} {_part(value.start, budget)})"
    if value.start is None:
        return f"({'<=' if value.end_included else '<'} {_part(value.end, budget)})"
    start, end = _part(value.start, budget), _part(value.end, budget)
    return f"{'[' if value.start_included else '('}{start}..{end}{']' if value.end_included else ')'}"


_WRITERS: dict[str, Callable[[Any, Budget], str]] = {
    "null": lambda _value, _budget: "null",
    "boolean": lambda value, _: "true" if value else "false",
    "string": _string,
    "number": _number,
    "date": lambda value, _: str(value.isoformat()),
    "time": _time,
    "date and time": _date_and_time,
    "years and months duration": _years_months,
    "days and time duration": _days_time,
    "list": _list,
    "context": _context,
    "range": _range,
    "function": lambda _value, _budget: "function",
    "unknown": lambda _value, _budget: "null",
}
