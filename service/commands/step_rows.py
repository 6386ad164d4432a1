"""Turns what a movement came to into rows: tasks with their alarms, timers, deadlines, incidents, the case's state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import insert, select, update

from service.commands import clock_stop, job_rows, subscriptions
from service.commands.task_alarms import set_alarms
from service.domain import deadlines
from service.engine import IncidentRow, Live, Step, TimerWait, Work, view
from service.programmes.compiled import CompiledProgramme, deadline_of
from service.programmes.functions import period
from service.store import task_links, timers, user_tasks
from service.store.deadlines import Deadline
from service.store.incidents import Incident
from service.store.instances import Instance
from service.store.session import changed
from service.store.timers import Timer
from service.store.user_tasks import UserTask

if TYPE_CHECKING:
    from service.commands.advance import Course

RETRIES = (timedelta(seconds=10), timedelta(seconds=60))  # three tries in all, then a person has to look
STATE = "case-state"


@dataclass(frozen=True, slots=True)
class Before:
    """What was alive before the movement."""

    live: Mapping[int, Live]

    @classmethod
    def of(cls, programme: CompiledProgramme, instance: Instance) -> Self:
        """What lives in a stored instance; nothing in one that has not been started."""
        found = view(programme.bundle, instance.state) if instance.state is not None else ()
        return cls({one.task: one for one in found})

    def of_kind(self, tasks: Iterable[int], *kinds: str) -> list[int]:
        """Those of the tasks that were of one of these kinds."""
        return sorted(task for task in tasks if task in self.live and self.live[task].kind in kinds)

    def is_new(self, task: int) -> bool:
        """Whether the token began to wait in this movement; one that was stuck has waited for nothing yet."""
        return task not in self.live or self.was_stuck(task)

    def was_stuck(self, task: int) -> bool:
        """Whether the token waited at an incident before."""
        return task in self.live and self.live[task].stuck

    def event(self, programme: CompiledProgramme, task: int) -> str | None:
        """What the task waited for or threw, where it stood at an event."""
        one = self.live.get(task)
        return programme.bundle.elements(one.process)[one.element].event if one is not None else None

    @property
    def processes(self) -> frozenset[str]:
        """The processes that had a token."""
        return frozenset(one.process for one in self.live.values())

    @property
    def stopped(self) -> bool:
        """Whether a task stopped the clock."""
        return any(clock_stop.CLOCK_STOP in one.properties for one in self.live.values())

    @property
    def stuck(self) -> bool:
        """Whether a token waited at an incident."""
        return any(one.stuck for one in self.live.values())


def write(course: Course, before: Before, *, completed: UserTask | None, by: int | None) -> None:
    """Write the rows of the movement; the caller has locked the instance and set its state."""
    last = course.last
    closed = {task for step in course.steps for task in step.closed}
    opened = [work for step in course.steps for work in step.opened if work.task not in closed]
    started = [timer for timer in last.timers if timer.due is not None and before.is_new(timer.task)]
    _close_tasks(course, before.of_kind(closed, "userTask"), completed, by)
    over = [task for task in closed if before.event(course.programme, task) == "timer"]
    _timers(course, over, started, {work.task for work in opened})
    subscriptions.write(course, closed)
    job_rows.close_left(course, closed)
    dues = _dues(course, opened, started)
    tasks = _open_tasks(course, opened, dues, completed)
    _deadlines(course, tasks, started, dues)
    _left_stages(course, before)
    if last.incidents or before.stuck:
        _incidents(course, last.incidents)
    _case_state(course, last)
    course.opened = opened
    clock_stop.stop_or_resume(course, stopped_before=before.stopped)


def _close_tasks(course: Course, closed: Sequence[int], completed: UserTask | None, by: int | None) -> None:
    work = course.work
    if completed is not None:
        user_tasks.complete(work.session, completed.id, by=by, at=work.now)
    others = [task for task in closed if completed is None or task != completed.engine_task]
    if others:
        user_tasks.cancel(work.session, course.instance.id, others, at=work.now)


def _timers(course: Course, closed: Sequence[int], started: Sequence[TimerWait], opened: set[int]) -> None:
    """Timers that wait no longer go; those that began to wait come. `ends` may grow with each opened task."""
    session, instance = course.work.session, course.instance
    mine = Timer.instance_id == instance.id
    timers.remove(session, instance.id, closed)
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
        if timer.task not in fresh and set(timer.ends) & opened:
            changed(session, update(Timer).where(mine, Timer.engine_task == timer.task).values(ends=list(timer.ends)))


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
    course: Course, opened: Sequence[Work], dues: dict[str, deadlines.Due | None], completed: UserTask | None
) -> list[tuple[UserTask, Work]]:
    recorded = course.reading().times.recorded
    rows = []
    for work in opened:
        name = deadline_of(work.due_source)
        due = dues.get(name) if name else None
        reason = due.reason if due is not None else None
        if name and name in recorded and recorded[name].reason:
            reason = dict(recorded[name].reason or {})
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
            round=work.round,
            returned=dict(work.returned) if work.returned else None,
            opened_by=completed.id if completed is not None else None,
        )
        rows.append((task, work))
        set_alarms(course.programme.manifest, course.reading().calendar, task, course.work.now)
    user_tasks.open_all(course.work.session, [(task, work.groups) for task, work in rows])
    task_links.ask(course.work.session, [task for task, _ in rows], course.work.now)
    return rows


def _deadlines(
    course: Course,
    tasks: Sequence[tuple[UserTask, Work]],
    started: Sequence[TimerWait],
    dues: dict[str, deadlines.Due | None],
) -> None:
    """A row for each deadline of a stage that began; one that starts anew with each task stands in the task itself."""
    manifest, recorded = course.programme.manifest, course.reading().times.recorded
    rows: list[dict[str, Any]] = []
    staged = {(deadline_of(work.due_source), work.process) for _, work in tasks}
    staged |= {(deadline_of(timer.source), timer.process) for timer in started}
    once: set[str] = set(recorded)
    for name, process in sorted((n, p) for n, p in staged if n):
        due = dues.get(name)
        if due is None or name in once or manifest.deadlines[name].starts == "task":
            continue
        once.add(name)
        rows.append(_deadline_row(course, name, due, stage=process))
    if rows:
        course.work.session.execute(insert(Deadline), rows)


def _deadline_row(course: Course, name: str, due: deadlines.Due, *, stage: str) -> dict[str, Any]:
    return {
        "case_id": course.case.id,
        "name": name,
        "stage": stage,
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
    if left and course.reading().ground.deadlines:
        changed(
            course.work.session,
            update(Deadline)
            .where(Deadline.case_id == course.case.id, Deadline.stage.in_(sorted(left)), Deadline.state != "met")
            .values(state="met", paused_at=None),
        )


def _incidents(course: Course, parked: Sequence[IncidentRow]) -> None:
    """Every parked token has one open incident; what moved on resolves its own."""
    work, instance = course.work, course.instance
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
        elif one.task == course.retried:
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
        next_try_at=None if one.code in job_rows.FOR_PEOPLE else _next_try(course.work.now, 1),
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
