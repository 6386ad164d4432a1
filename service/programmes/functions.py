"""The functions FEEL may call besides its own: the one place where they are typed, documented and built.

They are pure: built from frozen values of one case at one instant, they ask neither the database nor the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from service.domain import deadlines
from service.domain.calendar import Calendar
from service.domain.credit_code import is_valid_credit_code
from service.domain.identity import expert_group, group_at, member_group
from service.feel import Function
from service.programmes.manifest import DeadlineRule, Manifest


@dataclass(frozen=True, slots=True)
class Signature:
    """What a designer reads about one function; parameters and results are FEEL types."""

    params: tuple[tuple[str, str], ...]
    result: str
    zh: str
    en: str
    optional: int = 0


SIGNATURES: Mapping[str, Signature] = MappingProxyType(
    {
        "deadline": Signature(
            (("name", "string"),),
            "date and time",
            "期限届满的时刻；尚未起算（无批次日期、事件未发生、已中止）时为 null，定时器不启动。",
            "The instant a named period is over; null while nothing has started it: the timer is not armed.",
        ),
        "reminders": Signature(
            (("name", "string"),),
            "list<date and time>",
            "期限届满前的各提醒时刻，用于循环定时器；无期限或无提醒时为 null。",
            "The instants to remind of a period, for a cycle timer; null where there are none.",
        ),
        "groups": Signature(
            (("role", "string"), ("who", "Any")),
            "list<string>",
            "本案中担任某角色的候选组；who 为具体的成员、专家或单位。",
            "The candidate groups that hold a role in this case; `who` is one member, expert or organisation.",
            optional=1,
        ),
        "working days after": Signature(
            (("date", "date"), ("n", "number")),
            "date",
            "某日之后第 n 个工作日；当日不计入。",
            "The n-th working day after a date; the day itself is not counted.",
        ),
        "count working days": Signature(
            (("from", "date"), ("to", "date")),
            "number",
            "from 之后至 to（含）的工作日数。",
            "The working days after `from` up to and including `to`.",
        ),
        "is working day": Signature(
            (("date", "date"),), "boolean", "某日是否为工作日（含调休）。", "Whether offices are open on a date."
        ),
        "valid credit code": Signature(
            (("text", "string"),),
            "boolean",
            "统一社会信用代码是否正确（含校验码）。",
            "Whether a unified social credit code is right, check character included.",
        ),
    }
)
FUNCTION_NAMES = frozenset(SIGNATURES)


@dataclass(frozen=True, slots=True)
class RecordedDeadline:
    """A deadline of the case as its row stands; `due_at` is aware UTC."""

    due_at: datetime
    state: str = "running"  # running | paused | met | over
    last_on: date | None = None
    reason: Mapping[str, Any] | None = None

    @property
    def on(self) -> date:
        """Its last day."""
        return self.last_on or deadlines.local_date(self.due_at - datetime.resolution)


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """What has set periods going: deadlines recorded, dates of the call by deadline name, days of recorded events."""

    recorded: Mapping[str, RecordedDeadline] = field(default_factory=dict)
    call_dates: Mapping[str, date] = field(default_factory=dict)
    events: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part in a case: ids of organisations and experts, credit codes of member units."""

    applicant_id: int | None = None
    competent_id: int | None = None
    authority_id: int | None = None
    members: Mapping[int, str] = field(default_factory=dict)  # member id → credit code
    experts: tuple[int, ...] = ()
    chair_expert_id: int | None = None


def functions(
    manifest: Manifest, calendar: Calendar, times: CaseTimes, parties: Parties, at: datetime
) -> Mapping[str, Function]:
    """Every function of SIGNATURES for one case at the instant `at` (aware UTC)."""
    calls: dict[str, Callable[..., Any]] = {
        "deadline": lambda name: _deadline(manifest, calendar, times, at, name),
        "reminders": lambda name: _reminders(manifest, calendar, times, at, name),
        "groups": lambda role, who=None: groups(manifest, parties, role, who),
    }
    return MappingProxyType({**_built(calls), **functions_of_no_case(calendar)})


def functions_of_no_case(calendar: Calendar) -> Mapping[str, Function]:
    """Those functions of SIGNATURES whose answers hang on the calendar alone."""
    return _built(
        {
            "working days after": lambda day, n: _working_days_after(calendar, day, n),
            "count working days": lambda first, last: _count_working_days(calendar, first, last),
            "is working day": lambda day: _is_working_day(calendar, day),
            "valid credit code": lambda text: is_valid_credit_code(text) if isinstance(text, str) else None,
        }
    )


def _built(calls: Mapping[str, Callable[..., Any]]) -> dict[str, Function]:
    return {
        name: Function(tuple(param for param, _ in SIGNATURES[name].params), call, optional=SIGNATURES[name].optional)
        for name, call in calls.items()
    }


def period(rule: DeadlineRule, times: CaseTimes, calendar: Calendar, at: datetime) -> deadlines.Due | None:
    """When a period started by `rule` ends, computed afresh; None while nothing has started it.

    `task` and `stage` start on the day of `at`. Raises CalendarGap.
    """
    if rule.starts in {"task", "stage"}:
        return deadlines.due(rule, deadlines.local_date(at), calendar)
    if rule.starts == "call":
        fixed = times.call_dates.get(rule.key)
        if fixed is not None:
            return deadlines.fixed(rule, fixed)
        opened = times.call_dates.get("call-open")
        counted = rule.has_length and not rule.leans_on
        return deadlines.due(rule, opened, calendar) if opened and counted else None
    happened = times.events.get(rule.event)
    return deadlines.due(rule, happened, calendar) if happened else None


def groups(manifest: Manifest, parties: Parties, role: Any, who: Any = None) -> list[str] | None:
    """The group keys that hold `role` in a case; None for a role the manifest does not know, [] where nobody does."""
    known = manifest.roles.get(role) if isinstance(role, str) else None
    if known is None:
        return None
    if isinstance(who, list):
        found = [groups(manifest, parties, role, one) or [] for one in who]
        return list(dict.fromkeys(key for keys in found for key in keys))
    if known.holder == "member":
        return [member_group(code) for code in _credit_codes(parties, who)]
    if known.holder == "expert":
        ids = parties.experts if who is None else [_id(who, "expert_id")]
        return [expert_group(expert) for expert in ids if expert is not None]
    if known.holder == "panel-chair":
        return [] if parties.chair_expert_id is None else [expert_group(parties.chair_expert_id)]
    organisation = _id(who, "id") if who is not None else _organisation(parties, known.holder)
    return [] if organisation is None else [group_at(known.key, organisation)]


def _organisation(parties: Parties, holder: str) -> int | None:
    """The organisation of a holder that the case itself knows; `named` is known by the diagram alone."""
    if holder in {"applicant", "named"}:
        return parties.applicant_id if holder == "applicant" else None
    # a unit that reports to the authority itself has no competent department between
    return parties.competent_id or parties.authority_id if holder == "competent" else parties.authority_id


def _credit_codes(parties: Parties, who: Any) -> Iterable[str]:
    if who is None:
        return parties.members.values()
    if isinstance(who, dict) and isinstance(who.get("credit_code"), str):
        return [who["credit_code"]]
    member = _id(who, "id")
    return [parties.members[member]] if member is not None and member in parties.members else []


def _id(who: Any, key: str) -> int | None:
    """An id given as a number, as its text, or as a row that holds it under `key`."""
    value = who.get(key, who.get("id")) if isinstance(who, dict) else who
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _running(
    manifest: Manifest, calendar: Calendar, times: CaseTimes, at: datetime, name: Any
) -> tuple[datetime, date, DeadlineRule] | None:
    """End, last day and rule of a named period; None while it is not running.

    What is recorded wins, so that an extension holds and lateness is not forgotten when a task opens again; only a
    period that was met, or one that starts anew with each task, is computed afresh.
    """
    rule = manifest.deadlines.get(name) if isinstance(name, str) else None
    if rule is None:
        return None
    recorded = None if rule.starts == "task" else times.recorded.get(rule.key)
    if recorded is not None and recorded.state == "paused":
        return None
    if recorded is not None and recorded.state in {"running", "over"}:
        return recorded.due_at, recorded.on, rule
    due = period(rule, times, calendar, at)
    return (due.at, due.on, rule) if due else None


def _deadline(manifest: Manifest, calendar: Calendar, times: CaseTimes, at: datetime, name: Any) -> datetime | None:
    running = _running(manifest, calendar, times, at, name)
    return running[0].astimezone(deadlines.ZONE) if running else None


def _reminders(
    manifest: Manifest, calendar: Calendar, times: CaseTimes, at: datetime, name: Any
) -> list[datetime] | None:
    running = _running(manifest, calendar, times, at, name)
    if running is None or not running[2].reminders:
        return None
    _, last, rule = running
    return [instant.astimezone(deadlines.ZONE) for instant in deadlines.reminders(last, rule.reminders, calendar)]


def _working_days_after(calendar: Calendar, day: Any, count: Any) -> date | None:
    start = _day(day)
    if start is None or not isinstance(count, Decimal) or count != count.to_integral_value():
        return None
    return calendar.add(start, int(count))


def _count_working_days(calendar: Calendar, first: Any, last: Any) -> Decimal | None:
    start, end = _day(first), _day(last)
    return None if start is None or end is None else Decimal(calendar.count(start, end))


def _is_working_day(calendar: Calendar, value: Any) -> bool | None:
    day = _day(value)
    return None if day is None else calendar.is_working_day(day)


def _day(value: Any) -> date | None:
    """The date of a FEEL date, or of a date and time in the programme's zone."""
    if isinstance(value, datetime):
        return deadlines.local_date(value) if value.tzinfo else value.date()
    return value if isinstance(value, date) else None
