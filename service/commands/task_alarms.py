"""When people are told about an open task: reminders ahead, the overdue mark, the chain of escalations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.domain import deadlines
from service.domain.calendar import Calendar
from service.programmes.manifest import Manifest
from service.store.user_tasks import UserTask

REMINDER, OVERDUE, ESCALATION = "reminder", "overdue", "escalation"


def set_alarms(manifest: Manifest, calendar: Calendar, task: UserTask, now: datetime) -> None:
    """Give the task its alarms anew: those reminders still ahead, and what happens at its due instant."""
    task.alarms = _alarms(manifest, calendar, task, now)
    task.alarm_at = next_alarm_at(task)


def next_alarm_at(task: UserTask) -> datetime | None:
    """The instant of the soonest alarm."""
    return datetime.fromisoformat(task.alarms[0]["at"]) if task.alarms else None


def _alarms(manifest: Manifest, calendar: Calendar, task: UserTask, now: datetime) -> list[dict[str, Any]]:
    if task.due_at is None:
        return []
    rule = manifest.deadlines.get(task.deadline or "")
    ahead: tuple[datetime, ...] = ()
    if rule is not None and rule.reminders:
        last_day = deadlines.local_date(task.due_at - datetime.resolution)
        ahead = deadlines.reminders(last_day, rule.reminders, calendar)
    told = [{"kind": REMINDER, "at": at.isoformat()} for at in ahead if now < at < task.due_at]
    told.append({"kind": OVERDUE, "at": task.due_at.isoformat()})
    if rule is not None:
        steps = deadlines.escalations(task.due_at, len(rule.escalate_to), rule.escalate_every, calendar)
        told += [
            {"kind": ESCALATION, "at": at.isoformat(), "to": role}
            for role, at in zip(rule.escalate_to, steps, strict=True)
        ]
    return told
