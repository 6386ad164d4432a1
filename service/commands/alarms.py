"""Tell people what the clock has to tell about an open task: a reminder, that it is overdue, that it was escalated.

A reminder ahead of the last day is one line of the day's digest; what is said on the last day or after it is said at
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from service.commands.draft_gaps import NO_DRAFT, Gaps, gaps
from service.commands.task_alarms import ESCALATION, OVERDUE, REMINDER, next_alarm_at
from service.commands.telling import Words
from service.commands.trail import note
from service.domain.deadlines import local_date
from service.domain.due_sentence import sentence
from service.domain.errors import Language
from service.domain.written import written
from service.operations.recipients import remind_groups, tell_groups
from service.programmes.case_values import read_case
from service.programmes.compiled import compiled_of
from service.store import instances
from service.store.cases import Case
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, TaskGroup, UserTask

TITLES: Final[Mapping[str, Mapping[Language, str]]] = {
    REMINDER: {"zh": "提醒：“{name}”将于 {due} 到期", "en": "Reminder: “{name}” is due {due}"},
    OVERDUE: {
        "zh": "逾期：“{name}”已于 {due} 到期，尚未办结",
        "en": "Overdue: “{name}” was due {due} and is not done",
    },
    ESCALATION: {
        "zh": "督办：“{name}”已于 {due} 到期，尚未办结",
        "en": "Escalated: “{name}” was due {due} and is not done",
    },
}


def send(work: UnitOfWork, task_id: int) -> int:
    """Send the alarms of a task that are due, each once; returns how many. A case in use is left to the next tick."""
    instance_id = work.session.scalar(select(UserTask.instance_id).where(UserTask.id == task_id))
    if instance_id is None or instances.try_lock(work.session, instance_id) is None:
        return 0
    task = work.session.get_one(UserTask, task_id, populate_existing=True)
    if task.status != OPEN or task.alarm_at is None or task.alarm_at > work.now or task.due_at is None:
        return 0
    due = [alarm for alarm in task.alarms if datetime.fromisoformat(alarm["at"]) <= work.now]
    task.alarms = task.alarms[len(due) :]
    task.alarm_at = next_alarm_at(task)
    case = work.session.get_one(Case, task.case_id)
    # after a long stop only the newest reminder is worth a word
    told = [alarm for alarm in due if alarm["kind"] != REMINDER] or due[-1:]
    for alarm in told:
        _tell(work, task, case, alarm)
    return len(told)


def _tell(work: UnitOfWork, task: UserTask, case: Case, alarm: dict[str, Any]) -> None:
    kind = alarm["kind"]
    if kind == OVERDUE:
        task.overdue_marked_at = work.now
    if kind == ESCALATION:
        task.escalated_at = work.now
    due = task.due_at or work.now
    audience = _audience(work, alarm, task, case)
    if kind == REMINDER and local_date(work.now) < _last_day(task, work):
        remind_groups(work, audience, task.id, case_id=case.id)
    else:
        once = f"alarm-{task.id}-{kind}-{alarm['at']}-{alarm.get('to', '')}"
        words = _words(task, case, kind, due, gaps(work, task) if kind == REMINDER else NO_DRAFT)
        urgent, english = kind == REMINDER, words["en"]
        tell_groups(work, audience, *words["zh"], case_id=case.id, once=once, urgent=urgent, english=english)
    details = {"name": task.name, "kind": kind, "due": written(due)}
    note(work, f"{kind}-told", "user-task", task.id, details, case_id=case.id)


def _words(task: UserTask, case: Case, kind: str, due: datetime, lacks: Gaps) -> Words:
    titles = {
        language: title.format(name=task.name, due=written(due, language)) for language, title in TITLES[kind].items()
    }
    whys = {language: sentence(task.due_reason, language) if task.due_reason else "" for language in titles}
    number = case.number or case.id
    zh = f"案件 {number}（{case.title}）的“{task.name}”，期限 {written(due)}。\n\n{whys['zh']}{lacks['zh']}"
    en = f"“{task.name}” of case {number} ({case.title}), due {written(due, 'en')}.\n\n{whys['en']}{lacks['en']}"
    return {"zh": (titles["zh"], zh), "en": (titles["en"], en)}


def _last_day(task: UserTask, work: UnitOfWork) -> date:
    return local_date((task.due_at or work.now) - datetime.resolution)


def _audience(work: UnitOfWork, alarm: dict[str, Any], task: UserTask, case: Case) -> list[str]:
    """The groups that may take the task; for an escalation the role whose turn it is."""
    if alarm["kind"] == ESCALATION:
        programme = compiled_of(work.session, case.deployment_id)
        return read_case(work.session, case, programme, now=work.now, paths=()).group_keys(alarm["to"])
    return list(work.session.scalars(select(TaskGroup.group_key).where(TaskGroup.task_id == task.id)))
