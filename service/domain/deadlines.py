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
from zoneinfo import ZoneInfo

from service.domain.calendar import ONE_DAY, Calendar, Span
from service.domain.errors import InvalidInput

ZONE: Final = ZoneInfo("Asia/Shanghai")
REMINDED_AT: Final = time(9, 0)
FRIDAY: Final = 4


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
    def source(self) -> str:
        """Document and article."""

    @property
    def added(self) -> bool:
        """Whether the period is the service's own and not the notice's."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a period is over: from `at` (aware UTC) on; `on` is its last day; `reason` is JSON for `sentence`."""

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
    return Due(end_of(on, rule.end), on, _reason(rule, on, "date", None, on))


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


def shown(at: datetime) -> str:
    """An instant as people write it in ZONE.

    >>> shown(datetime(2025, 4, 15, 9, 29, tzinfo=UTC))
    '2025-04-15 17:29'
    """
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def shown_end(at: datetime) -> str:
    """The end of a period as people write it in ZONE: midnight belongs to the day before.

    >>> shown_end(datetime(2025, 4, 15, 16, 0, tzinfo=UTC)), shown_end(datetime(2025, 4, 15, 9, 30, tzinfo=UTC))
    ('2025-04-15 24:00', '2025-04-15 17:30')
    """
    here = at.astimezone(ZONE)
    return f"{here.date() - ONE_DAY} 24:00" if here.time() == time() else shown(at)


def is_over(at: datetime | None, now: datetime) -> bool:
    """Whether a period has ended; one without an end never has. It ends with `at` itself, ticked or not."""
    return at is not None and now >= at


def reminders(last_day: date, days_before: Iterable[int], calendar: Calendar) -> tuple[datetime, ...]:
    """When to remind of a last day: nine o'clock, so many working days before it (0: on it), in order of time.

    A reminder ends nothing, so a year without a table is taken as Monday to Friday: what is due in years can begin.
    """
    days = {_working_days_before(last_day, count, calendar) for count in days_before}
    return tuple(datetime.combine(day, REMINDED_AT, ZONE).astimezone(UTC) for day in sorted(days))


def extended(period: Due, until: date, *, why: str, by: str, end: str = "24:00") -> Due:
    """The period with a later last day and the reason of it. A deadline is never shortened this way."""
    at = end_of(until, end)
    if at <= period.at:
        raise InvalidInput(
            field="until", zh="新的截止日期须晚于原来的日期。", en="The new date must be later than the old one."
        )
    entry = {"from": period.on.isoformat(), "until": until.isoformat(), "why": why, "by": by}
    extensions = [*period.reason.get("extended", ()), entry]
    return Due(at, until, {**period.reason, "last_on": until.isoformat(), "extended": extensions})


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

    >>> sentence(set_by_hand(date(2026, 3, 6), "负责人定", date(2026, 3, 2)))
    '截止日期为2026-03-06 24:00止；依据：负责人定'
    """
    return {
        "anchor": set_on.isoformat(),
        "unit": "date",
        "count": None,
        "inclusive": False,
        "last_on": last.isoformat(),
        "end": "24:00",
        "source": why,
        "added": False,
        "provisional": False,
    }


def sentence(reason: dict[str, Any], language: str = "zh") -> str:
    """Why a deadline falls on its day, as one sentence; the parts are those of `Due.reason`."""
    parts = _parts_en(reason) if language == "en" else _parts_zh(reason)
    return ("; " if language == "en" else "；").join(part for part in parts if part)


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


def _is_worked(day: date, calendar: Calendar) -> bool:
    return calendar.is_working_day(day) if calendar.covers(day) else day.weekday() <= FRIDAY


UNITS_ZH = {"working_days": "个工作日", "calendar_days": "日", "months": "个月"}
HOLIDAYS_EN = {
    "元旦": "New Year",
    "春节": "Spring Festival",
    "清明节": "Tomb-sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-autumn Festival",
    "国庆节": "National Day",
    "抗战胜利纪念日": "Victory Day",
}
UNITS_EN = {"working_days": "working days", "calendar_days": "days", "months": "months"}


def _parts_zh(reason: dict[str, Any]) -> list[str]:
    unit, last = reason["unit"], reason["last_on"]
    if unit == "date":
        start = f"截止日期为{last}"
    else:
        first = "当日" if reason["inclusive"] else "次日"
        start = f"自{reason['anchor']}{first}起{reason['count']}{UNITS_ZH[unit]}，至{last}"
    return [
        f"{start} {reason['end']}止",
        "、".join(f"{s['name']}{_range(s)}放假" for s in reason.get("skipped", ())),
        "、".join(f"{_range(s)}上班" for s in reason.get("made_up", ())),
        f"{reason['moved_from']}为休息日，顺延" if "moved_from" in reason else "",
        *(f"{p['from']}至{p['until']}中止计算" for p in reason.get("paused", ())),
        *(f"由{e['from']}延期至{e['until']}（{e['why']}）" for e in reason.get("extended", ())),
        f"依据：{reason['source']}" if reason["source"] else "",
        "通知未规定，由本系统设定" if reason["added"] else "",
        "涉及的年度放假安排尚未公布，日期为暂定" if reason["provisional"] else "",
    ]


def _parts_en(reason: dict[str, Any]) -> list[str]:
    unit, last = reason["unit"], reason["last_on"]
    if unit == "date":
        start = f"due on {last}"
    else:
        first = "from" if reason["inclusive"] else "after"
        start = f"{reason['count']} {UNITS_EN[unit]} {first} {reason['anchor']}, to {last}"
    return [
        start + ("" if reason["end"] == "24:00" else f" {reason['end']}"),
        ", ".join(f"{HOLIDAYS_EN.get(s['name'], s['name'])} {_range(s)} closed" for s in reason.get("skipped", ())),
        ", ".join(f"{_range(s)} working" for s in reason.get("made_up", ())),
        f"moved from the rest day {reason['moved_from']}" if "moved_from" in reason else "",
        *(f"stopped from {p['from']} to {p['until']}" for p in reason.get("paused", ())),
        *(f"extended from {e['from']} to {e['until']} ({e['why']})" for e in reason.get("extended", ())),
        f"source: {reason['source']}" if reason["source"] else "",
        "not in the notice; set by this service" if reason["added"] else "",
        "provisional: the year's holidays are not published yet" if reason["provisional"] else "",
    ]


def _range(span: dict[str, str]) -> str:
    return span["first"] if span["first"] == span["last"] else f"{span['first']}–{span['last']}"
