"""Stops and resumes the deadlines of a case while its applicant corrects; tasks, timers and alarms follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from service.commands.task_alarms import alarms_of
from service.domain import deadlines
from service.store import user_tasks
from service.store.alarms import Alarm
from service.store.deadlines import Deadline
from service.store.session import changed
from service.store.timers import Timer
from service.store.user_tasks import OPEN, UserTask

if TYPE_CHECKING:
    from service.commands.advance import Course

CLOCK_STOP = "clock-stop"


def stop_or_resume(course: Course, *, stopped_before: bool) -> None:
    """Stop the case's deadlines when a task with the property `clock-stop` opened, resume them when the last closed.

    The time an applicant needs to correct is not the authority's time. Source: domain §8.2 (补正), architecture D7.
    """
    stopping = [work for work in course.opened if CLOCK_STOP in work.properties]
    stopped_now = any(CLOCK_STOP in one.properties for one in course.last.live)
    if stopping:
        _stop(course, {work.task for work in stopping})
    elif not stopped_now and stopped_before:
        _resume(course)


def _stop(course: Course, own: set[int]) -> None:
    """The deadlines of the stopping tasks themselves run on."""
    session, case = course.work.session, course.case
    own_ids = select(UserTask.id).where(
        UserTask.instance_id == course.instance.id, UserTask.engine_task.in_(sorted(own))
    )
    rows = session.scalars(select(Deadline).where(Deadline.case_id == case.id, Deadline.state == "running")).all()
    own_task_ids = set(session.scalars(own_ids))
    for row in rows:
        if row.task_id not in own_task_ids and row.due_at > course.work.now:
            row.state, row.paused_at = "paused", course.work.now
            _move(course, row, paused=True)


def _resume(course: Course) -> None:
    session = course.work.session
    rows: Sequence[Deadline] = session.scalars(
        select(Deadline).where(Deadline.case_id == course.case.id, Deadline.state == "paused")
    ).all()
    for row in rows:
        paused_on = deadlines.local_date(row.paused_at or course.work.now)
        due = deadlines.resumed(
            _period(row), paused_on, deadlines.local_date(course.work.now), course.reading().calendar
        )
        row.state, row.paused_at, row.due_at, row.reason = "running", None, due.at, due.reason
        _move(course, row, paused=False)


def _period(row: Deadline) -> deadlines.Due:
    return deadlines.Due(row.due_at, date.fromisoformat(row.reason["last_on"]), row.reason)


def _move(course: Course, row: Deadline, *, paused: bool) -> None:
    """Give the tasks, timers and alarms of a deadline its new instant; while it is stopped they have none to fire at."""
    session, instance = course.work.session, course.instance
    changed(
        session,
        update(Timer)
        .where(Timer.instance_id == instance.id, Timer.deadline == row.name)
        .values(due_at=None if paused else row.due_at),
    )
    tasks = select(UserTask).where(
        UserTask.instance_id == instance.id, UserTask.deadline == row.name, UserTask.status == OPEN
    )
    if row.task_id is not None:
        tasks = tasks.where(UserTask.id == row.task_id)
    for task in session.scalars(tasks):
        session.execute(delete(Alarm).where(Alarm.task_id == task.id, Alarm.sent_at.is_(None)))
        if not paused:
            user_tasks.set_due(session, task.id, row.due_at, row.reason)
            session.refresh(task)
            alarms = alarms_of(course.programme.manifest, course.reading().calendar, task, course.work.now)
            if alarms:
                session.execute(insert(Alarm), alarms)
