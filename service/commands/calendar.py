"""Import a year of the business calendar and move the open deadlines it touches: later if need be, never earlier."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from sqlalchemy import select, update

from service.commands.trail import note
from service.domain import deadlines
from service.domain.calendar import Day
from service.domain.errors import InvalidInput
from service.programmes.compiled import compiled_of
from service.store import calendars, user_tasks
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.session import changed
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask


def import_year(work: UnitOfWork, content: str) -> list[str]:
    """Put a year's holidays and make-up days in place (TOML as shipped); returns a sentence for each date that moved.

    A promised date never becomes earlier. Raises InvalidInput naming what is wrong in the file.
    """
    year, days = _read(content)
    calendars.replace_year(work.session, calendars.CHINA, year, days)
    work.session.flush()
    calendar = calendars.load(work.session)
    moved = []
    running = work.session.execute(
        select(Deadline, Case, Instance.id)
        .join(Case, Case.id == Deadline.case_id)
        .join(Instance, Instance.case_id == Case.id)
        .where(Deadline.state == "running", Deadline.due_at > work.now)
        .order_by(Deadline.id)
    ).all()
    for row, case, instance_id in running:
        rule = compiled_of(work.session, case.deployment_id).manifest.deadlines.get(row.name)
        if rule is None or not rule.has_length or row.extended:
            continue
        before = deadlines.Due(row.due_at, date.fromisoformat(row.reason["last_on"]), row.reason)
        anew = deadlines.recomputed(before, deadlines.due(rule, _anchor(row.reason), calendar))
        if anew.at != row.due_at:
            moved.append(f"{case.number} {rule.name}：{before.on} → {anew.on}")
        row.due_at, row.reason = anew.at, anew.reason
        _follow(work, row, instance_id)
    note(work, "calendar-imported", "calendar", str(year), {"moved": moved})
    return moved


def _anchor(reason: dict[str, Any]) -> date:
    return date.fromisoformat(reason["anchor"])


def _follow(work: UnitOfWork, row: Deadline, instance_id: int) -> None:
    """Tasks and timers of the deadline take its instant."""
    changed(
        work.session,
        update(Timer).where(Timer.instance_id == instance_id, Timer.deadline == row.name).values(due_at=row.due_at),
    )
    tasks = select(UserTask.id).where(
        UserTask.instance_id == instance_id, UserTask.deadline == row.name, UserTask.status == OPEN
    )
    if row.task_id is not None:
        tasks = tasks.where(UserTask.id == row.task_id)
    for task_id in work.session.scalars(tasks).all():
        user_tasks.set_due(work.session, task_id, row.due_at, row.reason)


def _read(content: str) -> tuple[int, tuple[Day, ...]]:
    try:
        table = tomllib.loads(content)
        days = calendars.read_year(table)
        year = int(table["year"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(
            field="calendar", zh=f"文件格式不对：{error}", en=f"is not a calendar file: {error}"
        ) from None
    strangers = [day.on.isoformat() for day in days if day.on.year != year]
    if strangers:
        raise InvalidInput(field="calendar", zh=f"不属于 {year} 年：{strangers}", en=f"not of {year}: {strangers}")
    return year, days
