"""Functions that make and read dates, times and durations; none knows what time it is."""

from __future__ import annotations

from datetime import UTC, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from service.feel.builtins.registry import builtin, whole
from service.feel.comparison import equal
from service.feel.far import day_of, in_zone, is_day, is_moment, order_key, shifted
from service.feel.run import Run
from service.feel.source import NOWHERE
from service.feel.temporal import add_months, combined, read_date, read_date_and_time, read_duration, read_time, zone
from service.feel.text import zone_text
from service.feel.values import Value, YearsMonths, kind

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

builtin("date", "from: string")(read_date)
builtin("time", "from: string")(read_time)
builtin("date and time", "from: string")(read_date_and_time)
builtin("duration", "from: string")(read_duration)


@builtin("date", "from: day")
def _date_of(moment: Any) -> Any:
    return moment.date() if is_moment(moment) else moment


@builtin("date", "year: number, month: number, day: number")
def _date(year: Decimal, month: Decimal, day: Decimal) -> Any:
    return day_of(whole(year), whole(month), whole(day))


@builtin("time", "from: time")
def _same_time(moment: time) -> time:
    return moment


@builtin("time", "from: day")
def _time_of(moment: Any) -> Any:
    return moment.timetz() if is_moment(moment) else time(0, 0, 0, tzinfo=UTC)


@builtin("time", "hour: number, minute: number, second: number, offset: days and time duration?")
def _time(hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None) -> time:
    fraction = int((second - int(second)) * 1_000_000)
    return time(whole(hour), whole(minute), int(second), fraction, None if offset is None else timezone(offset))


@builtin("date and time", "from: date and time")
def _same_moment(moment: Any) -> Any:
    return moment


@builtin("date and time", "date: day, time: time")
def _date_and_time(day: Any, moment: time) -> Any:
    return combined(_date_of(day), moment)


@builtin("date and time", "date: day, timezone: string")
def _in_zone(day: Any, name: str) -> Value:
    wanted = zone(name)
    if wanted is None:
        return None
    if not is_moment(day):
        return combined(day, time(0, tzinfo=wanted))
    if day.tzinfo is None:
        return day.replace(tzinfo=wanted)
    return in_zone(day, wanted)


@builtin("duration", "from: duration")
def _same_duration(length: YearsMonths | timedelta) -> YearsMonths | timedelta:
    return length


@builtin("years and months duration", "from: day, to: day")
def _months_between(start: Any, end: Any) -> YearsMonths:
    """Whole months from start to end, negative where the end comes first."""
    first, last, sign = _local(start), _local(end), 1
    if order_key(first) > order_key(last):
        first, last, sign = last, first, -1
    months = (last.year - first.year) * 12 + last.month - first.month
    if (last.day, last.time()) < (first.day, first.time()):
        months -= 1
    return YearsMonths(sign * months)


def _local(day: Any) -> Any:
    return day.replace(tzinfo=None) if is_moment(day) else combined(day, time(0))


@builtin("day of year", "date: day")
def _day_of_year(day: Any) -> Decimal:
    return Decimal(day.timetuple().tm_yday)


@builtin("day of week", "date: day")
def _day_of_week(day: Any) -> str:
    return _WEEKDAYS[int(day.weekday())]


@builtin("month of year", "date: day")
def _month_of_year(day: Any) -> str:
    return _MONTHS[int(day.month) - 1]


@builtin("week of year", "date: day")
def _week_of_year(day: Any) -> Decimal:
    return Decimal(day.isocalendar()[1])


@builtin("last day of month", "date: day")
def _last_day_of_month(day: Any) -> Any:
    first = day_of(day.year, day.month, 1)
    return shifted(add_months(first, 1), timedelta(days=-1))


@builtin("is", "value1: any, value2: any", needs_run=True)
def _is(run: Run, left: Value, right: Value) -> bool:
    """The same value in the same form: 10:00 in two zones is not."""
    if kind(left) != kind(right):
        return False
    if isinstance(left, time) or (is_day(left) and is_moment(left)):
        same_clock = left.replace(tzinfo=None) == right.replace(tzinfo=None)
        return same_clock and (left.tzinfo is None) == (right.tzinfo is None) and zone_text(left) == zone_text(right)
    return equal(left, right, run.budget) is True


@builtin("now", "", needs_run=True)
@builtin("today", "", needs_run=True)
def _no_clock(run: Run) -> None:
    """An expression has no clock of its own; the caller registers `now` and `today` where they may be used."""
    run.note(NOWHERE, "no-clock", "这里不提供当前时间", "the current time is not available here")
