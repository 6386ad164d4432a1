"""Deadlines: from a rule and the date that starts it to an instant, with the reason a person can check.

A deadline is half open: an act is in time while `now < at`. “4月15日前” therefore ends at the next midnight, and paper
delivered to an office at 17:30 of its last day. Times of day are those of ZONE.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol

from service.domain import written
from service.domain.calendar import ONE_DAY, Calendar, Span
from service.domain.errors import InvalidInput

ZONE: Final = written.ZONE
NAMED: Final = "date"  # the unit of a date that a call, a notice or a person names: it is not counted
REMINDED_AT: Final = time(9, 0)
FRIDAY: Final = 4


class ExtensionTooLong(InvalidInput):
    """The new last day lies further ahead than the rule lets anybody extend."""

    code = "extension-too-long"
    zh = "这项期限最多顺延 {months} 个月，由 {first} 起算，最迟到 {latest}。"
    en = "This period may be extended by {months} months at most, from {first} to {latest}."


class Rule(Protocol):
    """What a programme's manifest says of a period; at most one of the three lengths is set."""

    @property
    def working_days(self) -> int | None:
        """Length in working days."""

    @property
    def calendar_days(self) -> int | None:
        """Length in days of any kind."""

    @property
    def months(self) -> int | None:
        """Length in calendar months."""

    @property
    def end(self) -> str:
        """The time of the last day at which it is over, exclusive: '24:00' or '17:30'."""

    @property
    def inclusive_first_day(self) -> bool:
        """Whether the first day counts as day 1, as in a publicity period."""

    @property
    def since(self) -> tuple[str, str]:
        """What happened on the day it is counted from, in Chinese and English: ('培训', 'training')."""

    @property
    def source(self) -> str:
        """Document and article."""

    @property
    def added(self) -> bool:
        """Whether the period is the service's own and not the notice's."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a period is over: from `at` (aware UTC) on; `on` is its last day; `reason` is JSON for `due_sentence`."""

    at: datetime
    on: date
    reason: dict[str, Any]


def due(rule: Rule, anchor: date, calendar: Calendar) -> Due:
    """The end of a period that starts on `anchor`; the anchor's own day counts only for `inclusive_first_day`.

    A date counted in calendar days or months that falls on a rest day moves to the next working day. Years
    ahead without a table are taken as Monday to Friday and marked provisional, but working days are never
    guessed: they raise CalendarGap.

    Source: 民法典 §201, §203; Guizhou 2022 notice, 四(三)2.
    """
    before = anchor - ONE_DAY if rule.inclusive_first_day else anchor
    if rule.working_days is not None:
        last = calendar.add(before, rule.working_days)
        return _computed(rule, anchor, last, last, calendar)
    if rule.months is not None:
        counted = months_later(anchor, rule.months) - (ONE_DAY if rule.inclusive_first_day else timedelta())
    elif rule.calendar_days is not None:
        counted = before + timedelta(days=rule.calendar_days)
    else:
        return fixed(rule, anchor)
    return _computed(rule, anchor, counted, _off_rest_days(counted, calendar), calendar)


def fixed(rule: Rule, on: date) -> Due:
    """The end of the day that a call or a notice names. A named date is not moved, whatever day it is."""
    return Due(end_of(on, rule.end), on, _reason(rule, on, NAMED, None, on))


def end_of(day: date, end: str = "24:00") -> datetime:
    """The instant (aware UTC) at which a day is over: the next midnight in ZONE, or the office's closing hour.

    >>> end_of(date(2025, 4, 15)).isoformat()
    '2025-04-15T16:00:00+00:00'
    >>> end_of(date(2025, 4, 15), "17:30").isoformat()
    '2025-04-15T09:30:00+00:00'
    """
    if end == "24:00":
        return start_of(day + ONE_DAY)
    return datetime.combine(day, time.fromisoformat(end), ZONE).astimezone(UTC)


def start_of(day: date) -> datetime:
    """The first instant of a day in ZONE, as aware UTC."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The date in ZONE at an instant."""
    return at.astimezone(ZONE).date()


def is_over(at: datetime | None, now: datetime) -> bool:
    """Whether a period has ended; one without an end never has. It ends with `at` itself, ticked or not."""
    return at is not None and now >= at


def reminders(last_day: date, days_before: Iterable[int], calendar: Calendar) -> tuple[datetime, ...]:
    """When to remind of a last day: nine o'clock, so many working days before it (0: on it), in order of time.

    A reminder ends nothing, so a year without a table is taken as Monday to Friday: what is due in years can begin.
    """
    days = {_working_days_before(last_day, count, calendar) for count in days_before}
    return tuple(datetime.combine(day, REMINDED_AT, ZONE).astimezone(UTC) for day in sorted(days))


def extended(period: Due, until: date, *, why: str, by: str, end: str = "24:00", most_months: int | None = None) -> Due:
    """The period with a later last day and the reason of it. A deadline is never shortened this way.

    With `most_months` no day is later than so many months after the first last day, however often it is extended.
    """
    at = end_of(until, end)
    refuse_beyond(_first_last_day(period), until, most_months)
    if at <= period.at:
        raise InvalidInput(
            field="延到哪一天", zh="须晚于原来的日期", en="must be later than the old date", name="until"
        )
    entry = {"from": period.on.isoformat(), "until": until.isoformat(), "why": why, "by": by}
    extensions = [*period.reason.get("extended", ()), entry]
    return Due(at, until, {**period.reason, "last_on": until.isoformat(), "extended": extensions})


def escalations(due_at: datetime, steps: int, every: int, calendar: Calendar) -> tuple[datetime, ...]:
    """When each step of a chain is told: the first at the due instant, each next `every` working days later.

    The further ones come at nine o'clock. Like a reminder, an escalation ends nothing: a year without a table is taken
    as Monday to Friday.
    """
    day, found = local_date(due_at - datetime.resolution), [due_at]
    for _ in range(1, steps):
        day = _working_days_after(day, every, calendar)
        found.append(datetime.combine(day, REMINDED_AT, ZONE).astimezone(UTC))
    return tuple(found[:steps])


def refuse_beyond(first_last_day: date, until: date, most_months: int | None) -> None:
    """Raise ExtensionTooLong for a day more than so many months after the period's first last day.

    Source: domain §13.10, §13.45: one extension of at most twelve months.
    """
    if most_months is None:
        return
    latest = months_later(first_last_day, most_months)
    if until > latest:
        raise ExtensionTooLong(months=most_months, first=first_last_day, latest=latest, name="until")


def _first_last_day(period: Due) -> date:
    extensions = period.reason.get("extended")
    return date.fromisoformat(extensions[0]["from"]) if extensions else period.on


def resumed(period: Due, paused_on: date, resumed_on: date, calendar: Calendar) -> Due:
    """The period after a clock-stop: what was left of it on the day of the pause runs on from the day after resuming.

    Working days are kept as working days, calendar days and months as calendar days. A period that was over when it
    was stopped stays as it is.
    """
    if paused_on >= period.on or resumed_on <= paused_on:
        return period
    if period.reason["unit"] == "working_days":
        last = calendar.add(resumed_on, calendar.count(paused_on, period.on))
    else:
        last = _off_rest_days(period.on + (resumed_on - paused_on), calendar)
    at = period.at + (start_of(last) - start_of(period.on))
    pause = {"from": paused_on.isoformat(), "until": resumed_on.isoformat()}
    pauses = [*period.reason.get("paused", ()), pause]
    return Due(at, last, {**period.reason, "last_on": last.isoformat(), "paused": pauses})


def recomputed(period: Due, anew: Due) -> Due:
    """What holds after a calendar was imported: the new date if it is later, else the promised one."""
    if anew.at >= period.at:
        return anew
    return replace(period, reason={**period.reason, "provisional": anew.reason["provisional"]})


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day.

    >>> months_later(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def set_by_hand(last: date, why: str, set_on: date) -> dict[str, Any]:
    """The reason of a date that no rule computes; `last` is inclusive.

    >>> set_by_hand(date(2026, 3, 6), "负责人定", date(2026, 3, 2))["source"]
    '负责人定'
    """
    return {
        "anchor": set_on.isoformat(),
        "unit": NAMED,
        "count": None,
        "inclusive": False,
        "last_on": last.isoformat(),
        "end": "24:00",
        "source": why,
        "added": False,
        "provisional": False,
    }


def _computed(rule: Rule, anchor: date, counted: date, last: date, calendar: Calendar) -> Due:
    unit, count = _length(rule)
    reason = _reason(rule, anchor, unit, count, last)
    counted_from = anchor if rule.working_days is not None else counted - ONE_DAY
    reason["skipped"] = [_span(span) for span in calendar.holidays(counted_from, last)]
    reason["made_up"] = [_span(span) for span in calendar.made_up(counted_from, last)]
    reason["provisional"] = calendar.is_provisional(anchor, last) or not calendar.covers(last)
    if last != counted:
        reason["moved_from"] = counted.isoformat()
    return Due(end_of(last, rule.end), last, reason)


def _reason(rule: Rule, anchor: date, unit: str, count: int | None, last: date) -> dict[str, Any]:
    return {
        "since": list(rule.since),
        "anchor": anchor.isoformat(),
        "unit": unit,
        "count": count,
        "inclusive": rule.inclusive_first_day,
        "last_on": last.isoformat(),
        "end": rule.end,
        "source": rule.source,
        "added": rule.added,
        "provisional": False,
    }


def _length(rule: Rule) -> tuple[str, int]:
    if rule.working_days is not None:
        return "working_days", rule.working_days
    if rule.months is not None:
        return "months", rule.months
    return "calendar_days", rule.calendar_days or 0


def _span(span: Span) -> dict[str, str]:
    return {"name": span.name, "first": span.first.isoformat(), "last": span.last.isoformat()}


def _off_rest_days(day: date, calendar: Calendar) -> date:
    """The day or the next working one; a year without a table is taken as Monday to Friday."""
    while not _is_worked(day, calendar):
        day += ONE_DAY
    return day


def _working_days_before(day: date, count: int, calendar: Calendar) -> date:
    while count > 0:
        day -= ONE_DAY
        count -= _is_worked(day, calendar)
    return day


def _working_days_after(day: date, count: int, calendar: Calendar) -> date:
    while count > 0:
        day += ONE_DAY
        count -= _is_worked(day, calendar)
    return day


def _is_worked(day: date, calendar: Calendar) -> bool:
    return calendar.is_working_day(day) if calendar.covers(day) else day.weekday() <= FRIDAY
