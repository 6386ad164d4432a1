"""How dates of rows look on a page: the state of a deadline in words, and the reason of its date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from service.domain.calendar import ONE_DAY
from service.domain.deadlines import FRIDAY
from service.domain.due_sentence import sentence
from service.web.i18n import (
    date_text,
    deadline_day,
    deadline_text,
    gettext,
    language,
    local,
    ngettext,
    plain_date,
)

SOON_DAYS = 3
LONGEST_COUNT = 45


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline as the `.due` component shows it."""

    kind: str
    text: str
    icon: str


@dataclass(frozen=True, slots=True)
class DayMark:
    """One day of a count: what is written, what stands under it, and its look."""

    text: str
    note: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a date is this date."""

    title: str
    lines: tuple[str, ...] = ()
    days: tuple[DayMark, ...] = ()
    added: bool = False


@dataclass(frozen=True, slots=True)
class DueGroup:
    """A heading of the inbox and the rows under it."""

    title: str
    rows: list[Any] = field(default_factory=list)


def due(due_at: datetime | None, now: datetime, *, paused: bool = False) -> Due | None:
    """The state of a half-open deadline at `now`: over from the very instant on."""
    if paused:
        return Due("paused", gettext("计时中止"), "circle-pause")
    if due_at is None:
        return None
    day, hour = deadline_day(due_at)
    today = local(now).date()
    if now >= due_at:
        late = (today - day).days
        if late <= 0:
            return Due("over", gettext("今天 %(hour)s 已到期", hour=hour), "alarm-clock")
        return Due("over", ngettext("逾期 %(num)d 天", "逾期 %(num)d 天", late), "alarm-clock")
    if day == today:
        return Due("today", gettext("今天 %(hour)s", hour=hour), "alarm-clock")
    text = date_text(day) if hour == "24:00" else deadline_text(due_at)
    return Due("soon" if day - today <= timedelta(days=SOON_DAYS) else "later", text, "clock")


class Dated(Protocol):
    """A task as queries and tables have it; a stopped clock is told in the reason (`held`)."""

    @property
    def due_at(self) -> datetime | None:
        """The end of its period."""

    @property
    def due_reason(self) -> Mapping[str, Any] | None:
        """Why it ends then."""


def due_of(task: Dated, now: datetime) -> Due | None:
    """The state of a task's deadline, stopped clocks included."""
    return due(task.due_at, now, paused="held" in (task.due_reason or {}))


def due_heading(task: Dated, now: datetime) -> str:
    """The inbox heading a task stands under."""
    mark = due_of(task, now)
    headings = {
        "over": gettext("已逾期"),
        "today": gettext("今天到期"),
        "soon": gettext("3 天内"),
        "later": gettext("以后"),
        "paused": gettext("计时中止"),
    }
    return headings[mark.kind] if mark else gettext("没有期限")


def grouped(rows: Iterable[Any], now: datetime) -> list[DueGroup]:
    """Rows in the order given, under the heading of their due date."""
    groups: list[DueGroup] = []
    for row in rows:
        title = due_heading(row, now)
        if not groups or groups[-1].title != title:
            groups.append(DueGroup(title))
        groups[-1].rows.append(row)
    return groups


def reason(given: Mapping[str, Any] | None, due_at: datetime | None) -> Reason | None:
    """The stored reason of a deadline (domain/deadlines) as the `.why` component shows it; None when there is none."""
    if not given or "unit" not in given:
        return None
    title = gettext("为什么是这一天")
    if due_at is not None:
        title = gettext("为什么是 %(day)s", day=date_text(deadline_day(due_at)[0]))
    line = sentence({**given, "added": False}, language())  # the page marks it by a tag
    return Reason(title, (line,), tuple(_count(given)), bool(given.get("added")))


def _count(given: Mapping[str, Any]) -> Iterator[DayMark]:
    """Each day of a period of working days, from the first counted one on; longer periods are told in words only."""
    if given["unit"] != "working_days" or given.get("paused") or given.get("extended"):
        return
    first, last = date.fromisoformat(given["anchor"]), date.fromisoformat(given["last_on"])
    day = first if given.get("inclusive") else first + ONE_DAY
    if (last - day).days > LONGEST_COUNT:
        return
    resting, made_up = _days_of(given.get("skipped")), _days_of(given.get("made_up"))
    number, previous = 0, None
    while day <= last:
        text = str(day.day) if previous and previous.month == day.month else f"{day.month}/{day.day}"
        previous = day
        if day in resting or (day.weekday() > FRIDAY and day not in made_up):
            yield DayMark(text, gettext("休"), "rest")
        else:
            number += 1
            made = gettext("%(number)s 班", number=number) if day in made_up else str(number)
            yield DayMark(text, made, "last" if day == last else ("made" if day in made_up else ""))
        day += ONE_DAY


def _days_of(spans: Iterable[Mapping[str, str]] | None) -> set[date]:
    """Every day of these spans, both ends included."""
    days: set[date] = set()
    for span in spans or ():
        first, last = date.fromisoformat(span["first"]), date.fromisoformat(span["last"])
        days.update(first + timedelta(days=number) for number in range((last - first).days + 1))
    return days


def period(from_on: date, to_on: date) -> str:
    """A period of whole days, both inclusive; Chinese says the year of both once."""
    joint = " – " if language() == "en" else "–"
    if language() != "en" and from_on.year == to_on.year:
        return f"{plain_date(from_on)}{joint}{to_on.month}月{to_on.day}日"
    return f"{plain_date(from_on)}{joint}{plain_date(to_on)}"
