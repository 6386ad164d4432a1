"""When people are told about an open task: reminders ahead, the overdue mark, the escalation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.domain import deadlines
from service.domain.calendar import Calendar
from service.programmes.manifest import Manifest
from service.store.alarms import ESCALATION, OVERDUE, REMINDER
from service.store.user_tasks import UserTask


def alarms_of(manifest: Manifest, calendar: Calendar, task: UserTask, now: datetime) -> list[dict[str, Any]]:
    """The rows of a task's alarms: those reminders still ahead, and what happens at its due instant."""
    if task.due_at is None:
        return []
    rule = manifest.deadlines.get(task.deadline or "")
    ahead: tuple[datetime, ...] = ()
    if rule is not None and rule.reminders:
        last_day = deadlines.local_date(task.due_at - datetime.resolution)
        ahead = deadlines.reminders(last_day, rule.reminders, calendar)
    told = [(REMINDER, at, None) for at in ahead if now < at < task.due_at]
    told.append((OVERDUE, task.due_at, None))
    if rule is not None and rule.escalate_to:
        told.append((ESCALATION, task.due_at, rule.escalate_to))
    return [
        {"task_id": task.id, "kind": kind, "at": at, "escalate_to": whom, "sent_at": None} for kind, at, whom in told
    ]
