"""How a programme stands, for those who answer for it: cases by state, what is late and whose, time taken, targets.

Every figure counts the cases that the reader may see, by the rule of the lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from service.domain.calendar import Calendar
from service.domain.deadlines import local_date, months_later, start_of
from service.domain.identity import Actor
from service.domain.register import STRUCK_OFF
from service.programmes.manifest import Manifest
from service.programmes.target import Target
from service.queries import cases
from service.queries.drawings import Drawing, drawings
from service.queries.holders import Holder, holders
from service.queries.programmes import ProgrammeRow, newest
from service.store import calendars
from service.store.access import KEPT_CONDITIONS, visible
from service.store.cases import Case
from service.store.register import RegisterEntry
from service.store.session import INT64, UTCDateTime
from service.store.unions import by_kind, columns_of
from service.store.user_tasks import COMPLETED, IS_OPEN, OPEN, TaskGroup, UserTask

MONTHS: Final = 12  # how far back the figures look
MEASURED: Final = 200  # cases whose time in the stages is measured, the newest: enough for a median
MOST_ENDED: Final = 5_000  # cases whose time to the end is measured, those that ended last
MOST_LATE: Final = 500
EPOCH: Final = date(1970, 1, 1)
FROM_UTC: Final = 8 * 3600  # seconds by which ZONE is ahead


@dataclass(frozen=True, slots=True)
class Standing:
    """So many cases in a state; of those that have ended, since the figures' first day."""

    code: str
    cases: int
    ended: bool


@dataclass(frozen=True, slots=True)
class StageTime:
    """Cases that went through a stage, and how many working days they took; `limit` is the stage's own deadline.

    `on_time` is the share of its tasks that were done before they were due, 0 to 1; None where none had a due date.
    """

    process: str
    name: str
    running: int
    passed: int
    median: int | None
    longest: int | None
    limit: int | None
    on_time: float | None


@dataclass(frozen=True, slots=True)
class LateTask:
    """One overdue task, whose it is, and by how many working days it is late."""

    case_id: int
    case_title: str
    name: str
    holder: Holder | None
    due_at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class TargetStanding:
    """A target of the notice and the entries that count for it today."""

    target: Target
    count: int

    @property
    def missing(self) -> int:
        """How many more are needed to reach it; 0 when it is reached."""
        return max(self.target.at_least - self.count, 0)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One programme since a local day; `months` are (first day, declarations submitted in it), the oldest first."""

    programme: ProgrammeRow
    since: date
    standings: tuple[Standing, ...]
    months: tuple[tuple[date, int], ...]
    stages: tuple[StageTime, ...]
    late: tuple[LateTask, ...]
    targets: tuple[TargetStanding, ...]
    to_the_end: int | None  # working days from submission to the end, the median

    @property
    def running(self) -> int:
        """Cases under way."""
        return sum(one.cases for one in self.standings if not one.ended)


def programmes_of(session: Session, actor: Actor) -> dict[str, ProgrammeRow]:
    """The programmes of which the actor may see cases, by key, in their newest version."""
    known = newest(session)
    seen = cases.programmes(session, actor, known)
    return {key: row for key, row in known.items() if key in seen}


def dashboard(session: Session, actor: Actor, programme: ProgrammeRow, now: datetime) -> Dashboard:
    """The figures of the last `MONTHS` months, this one included."""
    months = _months_back(now)
    days = WorkingDays(calendars.load(session))
    found = _read(session, actor, programme, months, now)
    return Dashboard(
        programme,
        months[0],
        _standings(found["standing"]),
        _months(found["month"], months),
        _stages(session, found, programme, days),
        _late(session, found["late"], now, days),
        _targets(session, programme.manifest),
        _median([count for row in found["ended"] for count in days.each(row)]),
    )


class WorkingDays:
    """Working days between two dates; a year without a calendar counts none."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    def __call__(self, begun: date, over: date) -> int:
        """How many."""
        covered = self._calendar.covers(begun) and self._calendar.covers(over)
        return self._calendar.count(begun, over) if covered else 0

    def each(self, row: Any) -> list[int]:
        """How many it took each of the `number` things that began on day `first` and were over on day `last`."""
        return [self(EPOCH + timedelta(days=row.first), EPOCH + timedelta(days=row.last))] * row.number


_columns = partial(
    columns_of,
    types={
        "key": INT64,
        "name": String(),
        "other": String(),
        "group": String(),
        "number": INT64,
        "timely": INT64,
        "first": INT64,
        "last": INT64,
        "at": UTCDateTime(),
        "flag": Boolean(),
    },
)


def _read(
    session: Session, actor: Actor, programme: ProgrammeRow, months: Sequence[date], now: datetime
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    found.update(by_kind(session, _asking(actor, programme.key, tuple(months)), {"now": now}))
    return found


@lru_cache(maxsize=KEPT_CONDITIONS)
def _asking(actor: Actor, programme: str, months: tuple[date, ...]) -> CompoundSelect[Any]:
    """Every figure in one statement, so that the rule of access is asked once: it costs more than all the counting.

    It is kept, as the rule is, for a month: putting it together costs a quarter of the page.
    """
    since = start_of(months[0])
    columns = (Case.id, Case.title, Case.state, Case.outcome, Case.applicant_id, Case.submitted_at, Case.ended_at)
    mine = select(*columns).where(visible(actor), Case.programme == programme).cte("mine")
    newest_ids = select(mine.c.id).order_by(mine.c.id.desc()).limit(MEASURED).cte("newest")
    return union_all(
        *_of_cases(mine, since, months), *_of_stages(mine, newest_ids, since), _overdue(mine), _ended(mine, since)
    )


def _of_cases(mine: CTE, since: datetime, months: Sequence[date]) -> list[Select[Any]]:
    """Cases by what they stand at, and by the month of their submission."""
    ended = mine.c.ended_at.is_not(None)
    code = case((ended, func.coalesce(mine.c.outcome, mine.c.state)), else_=mine.c.state)
    month = case(
        *((mine.c.submitted_at >= start_of(first), place) for place, first in reversed(list(enumerate(months))))
    )
    return [
        select(*_columns("standing", name=code, flag=ended, number=func.count()))
        .where(or_(~ended, mine.c.ended_at >= since), mine.c.applicant_id.is_not(None))
        .group_by(code, ended),
        select(*_columns("month", key=month, number=func.count())).where(mine.c.submitted_at >= since).group_by(month),
    ]


def _of_stages(mine: CTE, newest_ids: CTE, since: datetime) -> list[Select[Any]]:
    """How many cases are in each stage; and of the newest, what was done in time, and when each stage was left.

    A case has left a stage when its last task there is closed: from the first one's opening to then it was in it.
    """
    columns = (UserTask.case_id, UserTask.process, UserTask.status, UserTask.deadline, UserTask.due_at)
    at = (UserTask.opened_at, UserTask.closed_at)
    done = select(*columns, *at).where(UserTask.case_id.in_(select(newest_ids.c.id))).cte("done").c
    closed, in_time = func.max(done.closed_at), func.sum(case((done.closed_at < done.due_at, 1), else_=0))
    passes = (
        select(done.process, func.min(done.opened_at).label("begun"), closed.label("over"))
        .where(done.status.in_((OPEN, COMPLETED)))
        .group_by(done.case_id, done.process)
        .having(func.sum(case((done.status == OPEN, 1), else_=0)) == 0, closed >= since)
        .subquery()
    )
    return [
        select(*_columns("running", name=UserTask.process, number=func.count(UserTask.case_id.distinct())))
        .where(UserTask.case_id.in_(select(mine.c.id)), IS_OPEN)
        .group_by(UserTask.process),
        select(*_columns("share", name=done.process, other=done.deadline, number=func.count(), timely=in_time))
        .where(done.status == COMPLETED, done.closed_at >= since, done.due_at.is_not(None))
        .group_by(done.process, done.deadline),
        _by_days("pass", passes, passes.c.process),
    ]


def _overdue(mine: CTE) -> Select[Any]:
    late = (
        select(UserTask.id, UserTask.case_id, UserTask.name, UserTask.due_at, mine.c.title)
        .join(mine, mine.c.id == UserTask.case_id)
        .where(IS_OPEN, UserTask.due_at <= bindparam("now"))
        .order_by(UserTask.due_at, UserTask.id)
        .limit(MOST_LATE)
        .subquery()
    )
    group = select(func.min(TaskGroup.group_key)).where(TaskGroup.task_id == late.c.id).scalar_subquery()
    given: dict[str, Any] = {"key": late.c.case_id, "number": late.c.id, "name": late.c.name, "other": late.c.title}
    return select(*_columns("late", **given, group=group, at=late.c.due_at))


def _ended(mine: CTE, since: datetime) -> Select[Any]:
    ended = (
        select(mine.c.submitted_at.label("begun"), mine.c.ended_at.label("over"))
        .where(mine.c.submitted_at.is_not(None), mine.c.ended_at >= since)
        .order_by(mine.c.ended_at.desc())
        .limit(MOST_ENDED)
        .subquery()
    )
    return _by_days("ended", ended, literal(""))


def _by_days(kind: str, spans: Subquery, name: ColumnElement[str]) -> Select[Any]:
    """How many of the spans begin and are over on the same days: a programme has few such pairs and many cases."""
    first, last = _day(spans.c.begun), _day(spans.c.over)
    return select(*_columns(kind, name=name, first=first, last=last, number=func.count())).group_by(name, first, last)


def _day(at: ColumnElement[datetime]) -> ColumnElement[int]:
    """The date in ZONE of an instant, in days since EPOCH; ZONE has kept one distance from UTC since 1991."""
    return cast(func.floor((extract("epoch", at) + FROM_UTC) / 86_400), INT64)


def _months_back(now: datetime) -> list[date]:
    """The first day of each month shown, the oldest first."""
    first = local_date(now).replace(day=1)
    return [months_later(first, -back) for back in range(MONTHS - 1, -1, -1)]


def _standings(found: Iterable[Any]) -> tuple[Standing, ...]:
    rows = [Standing(row.name, row.number, bool(row.flag)) for row in found]
    return tuple(sorted(rows, key=lambda row: (row.ended, -row.cases, row.code)))


def _months(found: Iterable[Any], months: Sequence[date]) -> tuple[tuple[date, int], ...]:
    counted = {row.key: row.number for row in found}
    return tuple((month, counted.get(place, 0)) for place, month in enumerate(months))


def _stages(
    session: Session, found: Mapping[str, list[Any]], programme: ProgrammeRow, days: WorkingDays
) -> tuple[StageTime, ...]:
    """Each stage that cases are in or went through, in the order of the diagrams; times of the newest `MEASURED`."""
    running = {row.name: row.number for row in found["running"]}
    shares: dict[str, dict[str, tuple[int, int]]] = {}
    for row in found["share"]:
        shares.setdefault(row.name, {})[row.other or ""] = (row.number, row.timely or 0)
    taken: dict[str, list[int]] = {}
    for row in found["pass"]:
        taken.setdefault(row.name, []).extend(days.each(row))
    drawn = drawings(session, programme.deployment_id)
    order = _order(drawn, programme.manifest.procedures)
    rows = [
        StageTime(
            process,
            drawn[process].name if process in drawn else process,
            running.get(process, 0),
            len(taken.get(process, ())),
            _median(taken.get(process, ())),
            max(taken.get(process, ()), default=None),
            _limit(programme.manifest, shares.get(process, {})),
            _on_time(shares.get(process, {})),
        )
        for process in dict.fromkeys((*taken, *running))
    ]
    return tuple(sorted(rows, key=lambda row: order.get(row.process, len(order))))


def _order(drawn: Mapping[str, Drawing], procedures: Iterable[str]) -> dict[str, int]:
    """The place of each stage: as the procedures come to them, those of the first procedure first."""
    order: dict[str, int] = {}

    def walk(process: str) -> None:
        if process in drawn and process not in order:
            order[process] = len(order)
            for shape in drawn[process].stages:
                walk(shape.called)

    for procedure in procedures:
        walk(procedure)
    return order


def _on_time(shares: Mapping[str, tuple[int, int]]) -> float | None:
    done = sum(count for count, _ in shares.values())
    return sum(timely for _, timely in shares.values()) / done if done else None


def _limit(manifest: Manifest, shares: Mapping[str, tuple[int, int]]) -> int | None:
    """The working days the whole stage has, where its tasks share a deadline that begins with it."""
    rules = (manifest.deadlines.get(name) for name in shares)
    return max((rule.working_days or 0 for rule in rules if rule and rule.starts == "stage"), default=0) or None


def _late(session: Session, found: Iterable[Any], now: datetime, days: WorkingDays) -> tuple[LateTask, ...]:
    """The longest overdue first; of a task of several groups the first is named."""
    rows, today = sorted(found, key=lambda row: (row.at, row.number)), local_date(now)
    names = holders(session, (row.group for row in rows if row.group))
    return tuple(
        LateTask(row.key, row.other, row.name, names.get(row.group or ""), row.at, days(local_date(row.at), today))
        for row in rows
    )


def _targets(session: Session, manifest: Manifest) -> tuple[TargetStanding, ...]:
    if not manifest.targets:
        return ()
    found = session.execute(
        select(RegisterEntry.state, func.count())
        .where(RegisterEntry.programme == manifest.key)
        .group_by(RegisterEntry.state)
    )
    counted = {state: count for state, count in found}
    active = {state for state in counted if state not in STRUCK_OFF}
    return tuple(
        TargetStanding(target, sum(counted.get(state, 0) for state in target.standings or active))
        for target in manifest.targets.values()
    )


def _median(days: Sequence[int]) -> int | None:
    """The middle one; of an even number the lower."""
    return sorted(days)[(len(days) - 1) // 2] if days else None
