"""How a programme stands, for those who answer for it: cases by state, what is late and whose, time taken, targets.

Every figure counts the cases that the reader may see, by the rule of the lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from service.domain.calendar import Calendar
from service.domain.deadlines import local_date, months_later, start_of
from service.domain.identity import Actor
from service.domain.register import STRUCK_OFF
from service.programmes.manifest import Manifest
from service.programmes.target import Target
from service.queries.drawings import Drawing, drawings
from service.queries.holders import Holder, holders
from service.queries.programmes import ProgrammeRow, newest
from service.store import calendars
from service.store.access import visible
from service.store.cases import Case
from service.store.register import RegisterEntry
from service.store.user_tasks import COMPLETED, OPEN, TaskGroup, UserTask

MONTHS: Final = 12  # how far back the figures look
MEASURED: Final = 500  # cases whose time in the stages is measured, the newest
MOST_ENDED: Final = 5_000  # cases whose time to the end is measured, those that ended last
MOST_LATE: Final = 500


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
    keys = set(session.scalars(select(Case.programme).where(visible(actor)).distinct()))
    return {key: row for key, row in newest(session).items() if key in keys}


def dashboard(session: Session, actor: Actor, programme: ProgrammeRow, now: datetime) -> Dashboard:
    """The figures of the last `MONTHS` months, this one included."""
    months = _months_back(now)
    since = start_of(months[0])
    calendar = calendars.load(session)
    mine = select(Case.id).where(visible(actor), Case.programme == programme.key)
    return Dashboard(
        programme,
        months[0],
        _standings(session, mine, since),
        _months(session, mine, months),
        _stages(session, mine, programme, since, calendar),
        _late(session, mine, now, calendar),
        _targets(session, programme.manifest),
        _to_the_end(session, mine, since, calendar),
    )


def _months_back(now: datetime) -> list[date]:
    """The first day of each month shown, the oldest first."""
    first = local_date(now).replace(day=1)
    return [months_later(first, -back) for back in range(MONTHS - 1, -1, -1)]


def _standings(session: Session, mine: Select[int], since: datetime) -> tuple[Standing, ...]:
    ended = Case.ended_at.is_not(None)
    code = case((ended, func.coalesce(Case.outcome, Case.state)), else_=Case.state)
    found = session.execute(
        select(code, ended, func.count())
        .where(Case.id.in_(mine), Case.ended_at.is_(None) | (Case.ended_at >= since), Case.applicant_id.is_not(None))
        .group_by(code, ended)
    )
    rows = [Standing(state, count, bool(over)) for state, over, count in found]
    return tuple(sorted(rows, key=lambda row: (row.ended, -row.cases, row.code)))


def _months(session: Session, mine: Select[int], months: Sequence[date]) -> tuple[tuple[date, int], ...]:
    submitted = select(Case.submitted_at).where(Case.id.in_(mine), Case.submitted_at >= start_of(months[0]))
    counted = Counter(local_date(at).replace(day=1) for at in session.scalars(submitted) if at is not None)
    return tuple((month, counted[month]) for month in months)


def _stages(
    session: Session, mine: Select[int], programme: ProgrammeRow, since: datetime, calendar: Calendar
) -> tuple[StageTime, ...]:
    """Each stage that cases are in or went through, in the order of the diagrams; times of the newest `MEASURED`."""
    running = _running(session, mine)
    newest_ids = session.scalars(mine.order_by(Case.id.desc()).limit(MEASURED)).all()
    shares = _shares(session, newest_ids, since)
    taken: dict[str, list[int]] = {}
    for process, begun, over in _passes(session, newest_ids, since):
        taken.setdefault(process, []).append(_working_days(calendar, begun, over))
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


def _running(session: Session, mine: Select[int]) -> Mapping[str, int]:
    """How many cases are in each stage."""
    found = session.execute(
        select(UserTask.process, func.count(UserTask.case_id.distinct()))
        .where(UserTask.case_id.in_(mine), UserTask.status == OPEN)
        .group_by(UserTask.process)
    )
    return {process: count for process, count in found}


def _passes(session: Session, ids: Sequence[int], since: datetime) -> Iterable[Row[str, datetime, datetime]]:
    """One row for each of these cases and each stage it has left: when its first task was opened, its last closed."""
    closed = func.max(UserTask.closed_at)
    return session.execute(
        select(UserTask.process, func.min(UserTask.opened_at), closed)
        .where(UserTask.case_id.in_(ids), UserTask.status.in_((OPEN, COMPLETED)))
        .group_by(UserTask.case_id, UserTask.process)
        .having(func.sum(case((UserTask.status == OPEN, 1), else_=0)) == 0, closed >= since)
    )


def _shares(session: Session, ids: Sequence[int], since: datetime) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """Per stage and deadline of its tasks: how many were completed, how many of them before they were due."""
    in_time = func.sum(case((UserTask.closed_at < UserTask.due_at, 1), else_=0))
    found = session.execute(
        select(UserTask.process, UserTask.deadline, func.count(), in_time)
        .where(UserTask.case_id.in_(ids), UserTask.status == COMPLETED, UserTask.closed_at >= since)
        .where(UserTask.due_at.is_not(None))
        .group_by(UserTask.process, UserTask.deadline)
    )
    shares: dict[str, dict[str, tuple[int, int]]] = {}
    for process, deadline, done, timely in found:
        shares.setdefault(process, {})[deadline or ""] = (done, timely or 0)
    return shares


def _on_time(shares: Mapping[str, tuple[int, int]]) -> float | None:
    done = sum(count for count, _ in shares.values())
    return sum(timely for _, timely in shares.values()) / done if done else None


def _limit(manifest: Manifest, shares: Mapping[str, tuple[int, int]]) -> int | None:
    """The working days the whole stage has, where its tasks share a deadline that begins with it."""
    rules = (manifest.deadlines.get(name) for name in shares)
    return max((rule.working_days or 0 for rule in rules if rule and rule.starts == "stage"), default=0) or None


def _late(session: Session, mine: Select[int], now: datetime, calendar: Calendar) -> tuple[LateTask, ...]:
    """The longest overdue first; of a task of several groups the first is named."""
    found = session.execute(
        select(Case.id, Case.title, UserTask.id, UserTask.name, UserTask.due_at, func.min(TaskGroup.group_key))
        .join(Case, Case.id == UserTask.case_id)
        .outerjoin(TaskGroup, TaskGroup.task_id == UserTask.id)
        .where(UserTask.case_id.in_(mine), UserTask.status == OPEN, UserTask.due_at <= now)
        .group_by(Case.id, Case.title, UserTask.id, UserTask.name, UserTask.due_at)
        .order_by(UserTask.due_at, UserTask.id)
        .limit(MOST_LATE)
    ).all()
    names = holders(session, (group for *_, group in found if group))
    return tuple(
        LateTask(case_id, title, name, names.get(group or ""), due, _working_days(calendar, due, now))
        for case_id, title, _, name, due, group in found
        if due is not None
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


def _to_the_end(session: Session, mine: Select[int], since: datetime, calendar: Calendar) -> int | None:
    found = session.execute(
        select(Case.submitted_at, Case.ended_at)
        .where(Case.id.in_(mine), Case.submitted_at.is_not(None), Case.ended_at >= since)
        .order_by(Case.ended_at.desc())
        .limit(MOST_ENDED)
    )
    return _median([_working_days(calendar, begun, over) for begun, over in found if begun and over])


def _working_days(calendar: Calendar, begun: datetime, over: datetime) -> int:
    """Working days between two instants, by the dates they fall on; a year without a calendar counts none."""
    first, last = local_date(begun), local_date(over)
    return calendar.count(first, last) if calendar.covers(first) and calendar.covers(last) else 0


def _median(days: Sequence[int]) -> int | None:
    """The middle one; of an even number the lower."""
    return sorted(days)[(len(days) - 1) // 2] if days else None
