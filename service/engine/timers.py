"""Timer values, plain ISO 8601 or FEEL, to aware due instants; the engine never reads a clock."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.feel.values import YearsMonths

_DURATION = re.compile(
    r"(?P<sign>-?)P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
ENDLESS = -1
ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class TimerError(ValueError):
    """The value is no timer; says why in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Armed:
    """When a timer fires: `due` is None for a timer that is not armed; `cycle` says what follows.

    `cycle` is `[firings left after this one (-1: no end), ISO duration]`, or the later instants as ISO texts.
    """

    due: datetime | None
    cycle: list[Any] | None = None


def arm(form: str, value: Any, now: datetime) -> Armed:
    """The first firing of a date, duration or cycle. Null is no date and no cycle: not armed. Raises TimerError."""
    if form == "duration":
        return Armed(_after(now, _duration(value)))
    if value is None or value == "":
        return Armed(None)
    if form == "date":
        return Armed(instant(value))
    return _instants(value, now) if isinstance(value, list) else _cycle(value, now)


def coming(fired: Armed, now: datetime) -> Armed:
    """The first firing after `now` of a timer that was due then; those missed meanwhile are passed over, and count."""
    due, cycle = fired.due, fired.cycle
    if due is None or cycle is None:
        return Armed(None)
    if isinstance(cycle[0], str):
        return _instants(cycle, now)
    left, every = cycle
    months, rest = _duration(every)
    turns = 1 if months else max(1, (now - due) // rest + 1)
    when = _after(due, (months, rest * turns))
    while when <= now:
        turns += 1
        when = _after(when, (months, rest))
    if left != ENDLESS and turns > left:
        return Armed(None)
    remaining = left - turns if left != ENDLESS else ENDLESS
    return Armed(when, None if remaining == 0 else [remaining, every])


def check(form: str, text: str) -> None:
    """Raises TimerError if a plain (not FEEL) timer text is wrong."""
    arm(form, text, ANY_DAY)


def instant(value: Any) -> datetime:
    """An aware instant from ISO text or a FEEL date and time. Raises TimerError."""
    if isinstance(value, str):
        text, _, zone = value.strip().partition("@")  # FEEL writes a named zone so
        try:
            value = datetime.fromisoformat(text.replace("Z", "+00:00"))
            value = value.replace(tzinfo=ZoneInfo(zone)) if zone else value
        except (ValueError, ZoneInfoNotFoundError):
            raise TimerError("不是日期时间", "not a date and time") from None
    if not isinstance(value, datetime):
        raise TimerError("不是日期时间", "not a date and time")
    if value.tzinfo is None:
        raise TimerError("时间没有时区（请写 +08:00）", "the time has no zone (write +08:00)")
    return value


def _instants(values: list[Any], now: datetime) -> Armed:
    """The instants still to come, as `reminders()` gives them; those that are past are skipped."""
    coming = sorted(when for when in map(instant, values) if when > now)
    if not coming:
        return Armed(None)
    return Armed(coming[0], [when.isoformat() for when in coming[1:]] or None)


def _cycle(value: Any, now: datetime) -> Armed:
    head, *rest = str(value).strip().split("/")
    if not re.fullmatch(r"R(-1|\d*)", head) or len(rest) not in (1, 2):
        raise TimerError("不是 R3/P1D 这样的周期", "not a cycle such as R3/P1D")
    count = int(head[1:]) if head[1:] else ENDLESS
    every = _duration(rest[-1])
    if count == 0 or _after(now, every) <= now:
        raise TimerError("周期不会前进", "the cycle never moves forward")
    start = instant(rest[0]) if len(rest) == 2 else _after(now, every)
    return Armed(start, None if count == 1 else [count - 1 if count > 0 else ENDLESS, rest[-1]])


def _duration(value: Any) -> tuple[int, timedelta]:
    """Months and the rest; ISO text may mix them (`P1M1D`), as FEEL's durations may not."""
    if isinstance(value, YearsMonths):
        return value.months, timedelta()
    if isinstance(value, timedelta):
        return 0, value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise TimerError("不是 P10D、PT12H 这样的时长", "not a duration such as P10D or PT12H")
    part = {name: float(text) for name, text in found.groupdict(default="0").items() if name != "sign"}
    sign = -1 if found["sign"] else 1
    try:
        rest = timedelta(
            weeks=part["weeks"],
            days=part["days"],
            hours=part["hours"],
            minutes=part["minutes"],
            seconds=part["seconds"],
        )
    except OverflowError:
        raise TimerError("超出日历范围", "beyond the calendar") from None
    return sign * int(part["years"] * 12 + part["months"]), sign * rest


def _after(now: datetime, duration: tuple[int, timedelta]) -> datetime:
    months, rest = duration
    try:
        if months:
            year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
            now = now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))
        return now + rest
    except (OverflowError, ValueError):
        raise TimerError("超出日历范围", "beyond the calendar") from None
