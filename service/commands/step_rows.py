"""Turns what a movement came to into rows: tasks with their alarms, timers, deadlines, incidents, the case's state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from service.commands import clock_stop
from service.commands.task_alarms import alarms_of
from service.domain import deadlines
from service.engine import IncidentRow, Step, TimerWait, Work, view
from service.programmes.compiled import deadline_of
from service.programmes.functions import period
from service.store import user_tasks
from service.store.alarms import Alarm
from service.store.deadlines import Deadline
from service.store.incidents import Incident
from service.store.session import changed
from service.store.timers import Timer
from service.store.user_tasks import UserTask

if TYPE_CHECKING:
    from service.commands.advance import Course

RETRIES = (timedelta(seconds=10), timedelta(seconds=60))  # three tries in all, then a person has to look
STATE = "case-state"
CLOCK_STOP = "clock-stop"


@dataclass(frozen=True, slots=True)
class Before:
    """What was alive before the movement."""

    tasks: frozenset[int]
    processes: frozenset[str]
    stopped: bool = False


def before_of(course: Course) -> Before:
    """What lives in the instance before anything moves."""
    if course.instance.state is None:
        return Before(frozenset(), frozenset())
    live = view(course.programme.bundle, course.instance.state)
    return Before(
        frozenset(one.task for one in live),
        frozenset(one.process for one in live),
        any(CLOCK_STOP in one.properties for one in live),
    )


def write(course: Course, before: Before, *, completed_task: int | None, completed_by: int | None) -> None:
    """Write the rows of the movement; the caller has locked the instance and set its state."""
    last = course.last
    closed = {task for step in course.steps for task in step.closed}
    opened = [work for step in course.steps for work in step.opened if work.task not in closed]
    started = [timer for timer in last.timers if timer.task not in before.tasks and timer.due is not None]
    _close_tasks(course, closed & before.tasks, completed_task, completed_by)
    _timers(course, closed, started)
    dues = _dues(course, opened, started)
    tasks = _open_tasks(course, opened, dues)
    _deadlines(course, tasks, started, dues)
    _left_stages(course, before)
    _incidents(course, last.incidents, before)
    _case_state(course, last)
    course.opened = opened
    clock_stop.stop_or_resume(course, stopped_before=before.stopped)


def _close_tasks(course: Course, closed: Iterable[int], completed: int | None, by: int | None) -> None:
    work, instance = course.work, course.instance
    others = sorted(set(closed) - {completed})
    if completed is not None and by is not None:
        task_id = work.session.scalar(
            select(UserTask.id).where(UserTask.instance_id == instance.id, UserTask.engine_task == completed)
        )
        if task_id is not None:
            user_tasks.complete(work.session, task_id, by=by, at=work.now)
    if others:
        user_tasks.cancel(work.session, instance.id, others, at=work.now)


def _timers(course: Course, closed: set[int], started: Sequence[TimerWait]) -> None:
    """Timers that wait no longer go; those that began to wait come. `ends` may grow with each opened task."""
    session, instance = course.work.session, course.instance
    if closed:
        changed(session, delete(Timer).where(Timer.instance_id == instance.id, Timer.engine_task.in_(sorted(closed))))
    rows = [
        {
            "instance_id": instance.id,
            "engine_task": timer.task,
            "element": timer.element,
            "process": timer.process,
            "due_at": timer.due,
            "deadline": deadline_of(timer.source),
            "ends": list(timer.ends),
        }
        for timer in started
    ]
    if rows:
        session.execute(insert(Timer), rows)
    fresh = {timer.task for timer in started}
    for timer in course.last.timers:
        if timer.task not in fresh and set(timer.ends) & {one.task for one in _opened(course)}:
            statement = update(Timer).where(Timer.instance_id == instance.id, Timer.engine_task == timer.task)
            changed(session, statement.values(ends=list(timer.ends)))


def _opened(course: Course) -> list[Work]:
    return [work for step in course.steps for work in step.opened]


def _dues(course: Course, opened: Sequence[Work], started: Sequence[TimerWait]) -> dict[str, deadlines.Due | None]:
    """Every deadline named by what opened: its instant and the reason of its date, computed from its rule."""
    names = {deadline_of(work.due_source) for work in opened} | {deadline_of(timer.source) for timer in started}
    reading, manifest = course.reading(), course.programme.manifest
    return {
        name: period(manifest.deadlines[name], reading.times, reading.calendar, course.work.now)
        for name in names
        if name is not None and name in manifest.deadlines
    }


def _open_tasks(
    course: Course, opened: Sequence[Work], dues: dict[str, deadlines.Due | None]
) -> list[tuple[UserTask, Work]]:
    recorded = course.reading().times.recorded
    rows = []
    for work in opened:
        name = deadline_of(work.due_source)
        due = dues.get(name) if name else None
        reason = due.reason if due is not None else None
        if name and name in recorded and recorded[name].reason:
            reason = recorded[name].reason
        task = UserTask(
            instance_id=course.instance.id,
            case_id=course.case.id,
            engine_task=work.task,
            element=work.element,
            name=work.name,
            process=work.process,
            form=work.form,
            due_at=work.due,
            due_reason=reason if work.due is not None else None,
            deadline=name,
            opened_at=course.work.now,
            priority=work.priority,
            inputs=work.inputs,
            properties=work.properties,
            path=list(work.path),
        )
        rows.append((task, work))
    user_tasks.open_all(course.work.session, [(task, work.groups) for task, work in rows])
    alarms = [
        alarm
        for task, _ in rows
        for alarm in alarms_of(course.programme.manifest, course.reading().calendar, task, course.work.now)
    ]
    if alarms:
        course.work.session.execute(insert(Alarm), alarms)
    return rows


def _deadlines(
    course: Course,
    tasks: Sequence[tuple[UserTask, Work]],
    started: Sequence[TimerWait],
    dues: dict[str, deadlines.Due | None],
) -> None:
    """A row for each deadline that began: once for its stage, anew for each task where the rule says so."""
    manifest, recorded = course.programme.manifest, course.reading().times.recorded
    rows: list[dict[str, Any]] = []
    for task, work in tasks:
        name = task.deadline
        if name and dues.get(name) and manifest.deadlines[name].starts == "task":
            rows.append(_deadline_row(course, name, dues[name], stage=work.process, task_id=task.id))
    staged = {(deadline_of(work.due_source), work.process) for _, work in tasks}
    staged |= {(deadline_of(timer.source), timer.process) for timer in started}
    once: set[str] = set(recorded)
    for name, process in sorted((n, p) for n, p in staged if n):
        if name in once or not dues.get(name) or manifest.deadlines[name].starts == "task":
            continue
        once.add(name)
        rows.append(_deadline_row(course, name, dues[name], stage=process, task_id=None))
    if rows:
        course.work.session.execute(insert(Deadline), rows)


def _deadline_row(
    course: Course, name: str, due: deadlines.Due | None, *, stage: str, task_id: int | None
) -> dict[str, Any]:
    assert due is not None
    return {
        "case_id": course.case.id,
        "name": name,
        "stage": stage,
        "task_id": task_id,
        "anchor_on": deadlines.local_date(course.work.now),
        "due_at": due.at,
        "reason": due.reason,
        "state": "running",
        "paused_at": None,
        "extended": [],
    }


def _left_stages(course: Course, before: Before) -> None:
    """The deadlines of a stage that was left are met; entered again, the stage starts them anew."""
    left = before.processes - {one.process for one in course.last.live}
    if left:
        changed(
            course.work.session,
            update(Deadline)
            .where(Deadline.case_id == course.case.id, Deadline.stage.in_(sorted(left)), Deadline.state != "met")
            .values(state="met", paused_at=None),
        )


def _incidents(course: Course, parked: Sequence[IncidentRow], before: Before) -> None:
    """Every parked token has one open incident; what moved on resolves its own."""
    work, instance = course.work, course.instance
    if not parked and not course.had_incidents:
        return
    known = {
        row.engine_task: row
        for row in work.session.scalars(
            select(Incident).where(Incident.instance_id == instance.id, Incident.state == "open")
        )
    }
    for one in parked:
        row = known.pop(one.task, None)
        if row is None:
            work.session.add(_incident(course, one))
        elif one.task in course.retried:
            row.code, row.zh, row.en, row.tries = one.code, one.zh, one.en, row.tries + 1
            row.next_try_at = _next_try(work.now, row.tries)
    for row in known.values():
        row.state, row.resolved_at, row.next_try_at = "resolved", work.now, None


def _incident(course: Course, one: IncidentRow) -> Incident:
    return Incident(
        instance_id=course.instance.id,
        case_id=course.case.id,
        engine_task=one.task,
        element=one.element,
        name=one.name,
        code=one.code,
        zh=one.zh,
        en=one.en,
        tries=1,
        next_try_at=_next_try(course.work.now, 1),
        state="open",
        opened_at=course.work.now,
    )


def _next_try(now: datetime, tries: int) -> datetime | None:
    return now + RETRIES[tries - 1] if tries <= len(RETRIES) else None


def _case_state(course: Course, last: Step) -> None:
    """The case's state: named by the innermost activity that says so, at the end by the outcome."""
    case = course.case
    if last.ended:
        case.ended_at, case.outcome = course.work.now, last.outcome
        case.state = last.outcome or "ended"
        return
    named = [one.properties[STATE] for one in last.live if STATE in one.properties]
    if named:
        case.state = named[-1]
