"""What an office does with a whole case: suspend it, resume it, end it.

While a case is suspended nobody can act and no timer fires, so its periods stop and are prolonged by the working days
it stood still. A date of the call, or of a notice that was published, is a promise to everybody: it is not moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select, update

from service.commands.acting import CaseAct, begin_case
from service.commands.advance import advance
from service.commands.task_alarms import set_alarms
from service.commands.telling import tell_people, tell_workers
from service.domain import deadlines
from service.engine import Cancel
from service.programmes.case_values import CaseReading, read_case
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.store import user_tasks
from service.store.deadlines import Deadline
from service.store.session import changed
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask

CANCELLED: Final = "cancelled"  # the state and the outcome of a case that the office has ended
PUBLIC_EVENTS: Final = frozenset({"notice-published"})


def suspend(work: UnitOfWork, case_id: int, reason: str) -> None:
    """暂停: tasks are shown and cannot be done, timers do not fire, until the case is resumed."""
    act = begin_case(work, "suspend", case_id, reason)
    act.case.suspended_at = work.now
    act.note()
    _tell(act, f"暂停办理：{act.case.title}")


def resume(work: UnitOfWork, case_id: int, reason: str) -> None:
    """恢复: the case goes on; what has become due meanwhile and is a public date is enforced at the next tick."""
    act = begin_case(work, "resume", case_id, reason)
    since = act.case.suspended_at or work.now
    programme = compiled_of(work.session, act.case.deployment_id)
    reading = read_case(work.session, act.case, programme, now=work.now, paths=())
    moved = _prolong(act, programme, reading, since)
    act.case.suspended_at = None
    act.note(since=since.isoformat(), moved=moved)
    _tell(act, f"恢复办理：{act.case.title}")


def cancel(work: UnitOfWork, case_id: int, reason: str) -> None:
    """终止: the office ends the case, with a reason that the applicant reads. Source: domain §13.38."""
    act = begin_case(work, "cancel", case_id, reason)
    workers = [(task.assignee_id, task.owner_id) for task in _open_tasks(act)]
    course = advance(work, act.case, act.instance, Cancel(), while_suspended=True)
    act.case.state = act.case.outcome = CANCELLED
    act.case.suspended_at = None
    act.note(**course.trail())
    title, body = f"终止办理：{act.case.title}", f"{act.work.actor.name}：{act.reason}"
    tell_people(work, [act.case.started_by, *(one for pair in workers for one in pair)], act.case, title, body)


def _open_tasks(act: CaseAct) -> list[UserTask]:
    mine = select(UserTask).where(UserTask.instance_id == act.instance.id, UserTask.status == OPEN)
    return list(act.work.session.scalars(mine.order_by(UserTask.id)))


def _tell(act: CaseAct, title: str) -> None:
    body = f"{act.work.actor.name}：{act.reason}"
    tell_people(act.work, [act.case.started_by], act.case, title, body)
    for task in _open_tasks(act):
        if task.assignee_id != act.case.started_by:
            tell_workers(act.work, task, act.case, title, body)


def _prolong(act: CaseAct, programme: CompiledProgramme, reading: CaseReading, since: datetime) -> list[str]:
    """Give every period that ran the working days back; returns the names of those moved."""
    session, now = act.work.session, act.work.now
    today = deadlines.local_date(now)
    moved: list[str] = []

    def later(at: datetime, reason: dict[str, Any], begun: datetime) -> deadlines.Due:
        last = reason.get("last_on")
        on = date.fromisoformat(str(last)) if last else deadlines.local_date(at - datetime.resolution)
        stopped = deadlines.local_date(max(since, begun))
        told = {**deadlines.set_by_hand(on, "", stopped), **reason}
        return deadlines.resumed(deadlines.Due(at, on, told), stopped, today, reading.calendar)

    for row in session.scalars(select(Deadline).where(Deadline.case_id == act.case.id, Deadline.state == "running")):
        if row.due_at > since and not _is_public(programme, row.name):
            due = later(row.due_at, row.reason, since)
            row.due_at, row.reason = due.at, due.reason
            _move_timers(act, row.name, due.at)
            moved.append(row.name)
    for task in _open_tasks(act):
        if task.due_at is None or task.due_at <= since or _is_public(programme, task.deadline):
            continue
        due = later(task.due_at, dict(task.due_reason or {}), task.opened_at)
        user_tasks.set_due(session, task.id, due.at, due.reason)
        session.refresh(task)
        set_alarms(programme.manifest, reading.calendar, task, now)
        if task.deadline and task.deadline not in moved:
            _move_timers(act, task.deadline, due.at)
            moved.append(task.deadline)
    for timer in _unnamed_timers(act, since):
        timer.due_at = (timer.due_at or now) + (now - since)
    return moved


def _is_public(programme: CompiledProgramme, name: str | None) -> bool:
    rule = programme.manifest.deadlines.get(name or "")
    return rule is not None and (rule.starts == "call" or rule.event in PUBLIC_EVENTS)


def _move_timers(act: CaseAct, name: str, due_at: datetime) -> None:
    mine = update(Timer).where(Timer.instance_id == act.instance.id, Timer.deadline == name, Timer.due_at.is_not(None))
    changed(act.work.session, mine.values(due_at=due_at))


def _unnamed_timers(act: CaseAct, since: datetime) -> Iterator[Timer]:
    """Timers that a diagram counts by itself, which have no calendar: they are moved by the time that passed."""
    mine = select(Timer).where(Timer.instance_id == act.instance.id, Timer.deadline.is_(None), Timer.due_at > since)
    yield from act.work.session.scalars(mine)
