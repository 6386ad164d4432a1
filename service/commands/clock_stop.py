"""Stops and resumes the deadlines of a case while its applicant corrects; tasks, timers and alarms follow."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from service.commands.task_alarms import set_alarms
from service.domain import deadlines
from service.store import user_tasks
from service.store.deadlines import Deadline
from service.store.session import changed
from service.store.timers import Timer
from service.store.user_tasks import OPEN, UserTask

if TYPE_CHECKING:
    from service.commands.advance import Course

CLOCK_STOP = "clock-stop"
HELD = "held"  # in a task's due_reason: since when its date is stopped, and what the date was


def stop_or_resume(course: Course, *, stopped_before: bool) -> None:
    """Stop the case's deadlines when a task with the property `clock-stop` opened, resume them when the last closed.

    The time an applicant needs to correct is not the authority's time. The stopping task's own date runs on.
    """
    stopping = {one.task for one in course.last.live if CLOCK_STOP in one.properties}
    if any(work.task in stopping for work in course.opened):
        _stop(course, stopping)
    elif stopped_before and not stopping:
        _resume(course)


def _stop(course: Course, stopping: set[int]) -> None:
    session, now = course.work.session, course.work.now
    for row in _rows(course, "running"):
        if row.due_at > now:
            row.state, row.paused_at = "paused", now
            _move_timers(course, row.name, None)
    for task in _tasks(course):
        if task.engine_task not in stopping and task.due_at is not None and task.due_at > now:
            reason = {**(task.due_reason or {}), HELD: {"since": now.isoformat(), "at": task.due_at.isoformat()}}
            user_tasks.set_due(session, task.id, None, reason)
            session.refresh(task)
            task.alarms, task.alarm_at = [], None


def _resume(course: Course) -> None:
    session = course.work.session
    for row in _rows(course, "paused"):
        due = _resumed(course, _period(row.due_at, row.reason), row.paused_at or course.work.now)
        row.state, row.paused_at, row.due_at, row.reason = "running", None, due.at, due.reason
        _move_timers(course, row.name, due.at)
    for task in _tasks(course):
        held = (task.due_reason or {}).get(HELD)
        if held is None or task.due_reason is None:
            continue
        reason = {name: value for name, value in task.due_reason.items() if name != HELD}
        period = _period(datetime.fromisoformat(held["at"]), reason)
        due = _resumed(course, period, datetime.fromisoformat(held["since"]))
        user_tasks.set_due(session, task.id, due.at, due.reason)
        session.refresh(task)
        set_alarms(course.programme.manifest, course.reading().calendar, task, course.work.now)


def _rows(course: Course, state: str) -> list[Deadline]:
    mine = select(Deadline).where(Deadline.case_id == course.case.id, Deadline.state == state)
    return list(course.work.session.scalars(mine))


def _tasks(course: Course) -> list[UserTask]:
    mine = select(UserTask).where(UserTask.instance_id == course.instance.id, UserTask.status == OPEN)
    return list(course.work.session.scalars(mine))


def _period(at: datetime, reason: dict[str, object]) -> deadlines.Due:
    last = reason.get("last_on")
    on = date.fromisoformat(str(last)) if last else deadlines.local_date(at - datetime.resolution)
    return deadlines.Due(at, on, {"unit": "working_days", **reason})


def _resumed(course: Course, period: deadlines.Due, since: datetime) -> deadlines.Due:
    today = deadlines.local_date(course.work.now)
    return deadlines.resumed(period, deadlines.local_date(since), today, course.reading().calendar)


def _move_timers(course: Course, name: str, due_at: datetime | None) -> None:
    """A timer of a stopped deadline has no instant to fire at."""
    mine = update(Timer).where(Timer.instance_id == course.instance.id, Timer.deadline == name)
    changed(course.work.session, mine.values(due_at=due_at))
