"""Import a year of the business calendar and move the open deadlines it touches: later if need be, never earlier."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from service.commands.remits import require_some_remit
from service.commands.task_alarms import set_alarms
from service.commands.trail import note
from service.domain import deadlines
from service.domain.calendar import Calendar, Day
from service.domain.errors import InvalidInput
from service.domain.written import written
from service.programmes.compiled import compiled_of
from service.programmes.manifest import DeadlineRule, Manifest
from service.store import calendars, instances, user_tasks
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask

FILE: Final = "工作日历"


def import_year(work: UnitOfWork, content: str) -> list[str]:
    """Put a year's holidays and make-up days in place (TOML as shipped); returns a sentence for each date that moved.

    The tasks of a case that share a date share the sentence. A promised date never becomes earlier; reminders and the
    overdue mark follow it. Raises InvalidInput naming what is wrong in the file.
    """
    require_some_remit(work, "administer")
    year, days = _read(content)
    calendars.replace_year(work.session, calendars.CHINA, year, days)
    work.session.flush()
    calendar = calendars.load(work.session)
    moved = list(dict.fromkeys(line for one in _waiting(work) for line in _moved(work, calendar, one)))
    note(work, "calendar-imported", "calendar", str(year), {"moved": moved})
    return moved


def preview_year(work: UnitOfWork, content: str) -> list[str]:
    """What `import_year` would move; nothing is kept of it."""
    moved = import_year(work, content)
    work.session.rollback()
    return moved


def _waiting(work: UnitOfWork) -> Sequence[int]:
    """The instances with a date to come, in the order in which everybody locks several."""
    staged = (
        select(Instance.id)
        .join(Deadline, Deadline.case_id == Instance.case_id)
        .where(Deadline.state == "running", Deadline.due_at > work.now)
    )
    own = select(UserTask.instance_id).where(
        UserTask.status == OPEN, UserTask.deadline.is_not(None), UserTask.due_at > work.now
    )
    return sorted(work.session.scalars(staged.union(own)))


def _moved(work: UnitOfWork, calendar: Calendar, instance_id: int) -> list[str]:
    """Recompute the dates of one case: those of its stages, and those that began with a task."""
    case = work.session.get_one(Case, instances.lock(work.session, instance_id).case_id)
    manifest = compiled_of(work.session, case.deployment_id).manifest
    tasks = work.session.scalars(
        select(UserTask).where(
            UserTask.instance_id == instance_id, UserTask.status == OPEN, UserTask.deadline.is_not(None)
        )
    ).all()
    timers = work.session.scalars(select(Timer).where(Timer.instance_id == instance_id)).all()
    moved = []
    for row in _stages(work, case):
        anew = _recomputed(manifest.deadlines.get(row.name), row.due_at, row.reason, calendar)
        if anew is None or row.extended:
            continue
        moved += _sentence(case, manifest.deadlines[row.name], row.due_at, anew)
        _follow([one for one in timers if one.deadline == row.name], row.due_at, anew)
        row.due_at, row.reason = anew.at, anew.reason
        for task in tasks:
            if task.deadline == row.name and task.due_at is not None:
                _set_due(work, manifest, calendar, task, anew)
    for task in tasks:
        rule = manifest.deadlines.get(task.deadline or "")
        if rule is None or rule.starts != "task" or task.due_at is None or task.due_at <= work.now:
            continue
        anew = _recomputed(rule, task.due_at, task.due_reason or {}, calendar)
        if anew is not None:
            moved += _sentence(case, rule, task.due_at, anew)
            _follow(
                [one for one in timers if one.deadline == rule.key and task.engine_task in one.ends], task.due_at, anew
            )
            _set_due(work, manifest, calendar, task, anew)
    return moved


def _stages(work: UnitOfWork, case: Case) -> Sequence[Deadline]:
    running = select(Deadline).where(
        Deadline.case_id == case.id, Deadline.state == "running", Deadline.due_at > work.now
    )
    return work.session.scalars(running.order_by(Deadline.id)).all()


def _recomputed(
    rule: DeadlineRule | None, due_at: datetime, reason: Mapping[str, Any], calendar: Calendar
) -> deadlines.Due | None:
    """The period counted anew, its clock-stops included; None for a date that was named, or extended by hand."""
    if rule is None or not rule.has_length or reason.get("unit") in (None, deadlines.NAMED) or reason.get("extended"):
        return None
    anew = deadlines.due(rule, date.fromisoformat(reason["anchor"]), calendar)
    for pause in reason.get("paused", ()):
        first, last = date.fromisoformat(pause["from"]), date.fromisoformat(pause["until"])
        anew = deadlines.resumed(anew, first, last, calendar)
    return deadlines.recomputed(deadlines.Due(due_at, date.fromisoformat(reason["last_on"]), dict(reason)), anew)


def _sentence(case: Case, rule: DeadlineRule, before: datetime, anew: deadlines.Due) -> list[str]:
    if anew.at == before:
        return []
    days = f"{written(deadlines.local_date(before - datetime.resolution))} → {written(anew.on)}"
    return [f"{case.number or ''} {case.title} {rule.name}：{days}".strip()]


def _follow(timers: Iterable[Timer], before: datetime, anew: deadlines.Due) -> None:
    """Timers that wait for this end take the new one; one that reminds of it keeps its own instant."""
    for timer in timers:
        if timer.due_at == before:
            timer.due_at = anew.at


def _set_due(work: UnitOfWork, manifest: Manifest, calendar: Calendar, task: UserTask, anew: deadlines.Due) -> None:
    user_tasks.set_due(work.session, task.id, anew.at, anew.reason)
    work.session.refresh(task)
    set_alarms(manifest, calendar, task, work.now)


def _read(content: str) -> tuple[int, tuple[Day, ...]]:
    try:
        table = tomllib.loads(content)
        days = calendars.read_year(table)
        year = int(table["year"])
    except KeyError as missing:
        line = f"“{missing.args[0]} =”"
        raise InvalidInput(field=FILE, zh=f"文件里没有写{line}这一行", en=f"has no line {line}") from None
    except (tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(field=FILE, zh=f"文件格式不对：{error}", en=f"is not a calendar file: {error}") from None
    strangers = "、".join(written(day.on) for day in days if day.on.year != year)
    if strangers:
        raise InvalidInput(field=FILE, zh=f"不属于 {year} 年：{strangers}", en=f"not of {year}: {strangers}")
    return year, days
