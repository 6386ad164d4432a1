"""Tell people what the clock has to tell about an open task: a reminder, that it is overdue, that it was escalated."""

from __future__ import annotations

from sqlalchemy import select

from service.commands.trail import note
from service.domain.deadlines import sentence, shown
from service.operations.recipients import tell_groups
from service.programmes.case_values import read_case
from service.programmes.compiled import compiled_of
from service.store import instances
from service.store.alarms import ESCALATION, OVERDUE, REMINDER, Alarm
from service.store.cases import Case
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, TaskGroup, UserTask

TITLES = {
    REMINDER: "提醒：“{name}”将于 {due} 到期",
    OVERDUE: "逾期：“{name}”已于 {due} 到期，尚未办结",
    ESCALATION: "督办：“{name}”已于 {due} 到期，尚未办结",
}


def send(work: UnitOfWork, alarm_id: int) -> bool:
    """Send an alarm that is due, once; one whose task has closed meanwhile is only marked. Returns whether it told."""
    task_instance = work.session.scalar(
        select(UserTask.instance_id).join(Alarm, Alarm.task_id == UserTask.id).where(Alarm.id == alarm_id)
    )
    if task_instance is None or instances.try_lock(work.session, task_instance) is None:
        return False
    alarm = work.session.get(Alarm, alarm_id, populate_existing=True)
    if alarm is None or alarm.sent_at is not None or alarm.at is None or alarm.at > work.now:
        return False
    alarm.sent_at = work.now
    task = work.session.get_one(UserTask, alarm.task_id, populate_existing=True)
    if task.status != OPEN or task.due_at is None:
        return False
    if alarm.kind == OVERDUE:
        task.overdue_marked_at = work.now
    if alarm.kind == ESCALATION:
        task.escalated_at = work.now
    case = work.session.get_one(Case, task.case_id)
    title = TITLES[alarm.kind].format(name=task.name, due=shown(task.due_at))
    reason = sentence(task.due_reason) if task.due_reason else ""
    body = f"案件 {case.number or case.id}（{case.title}）的“{task.name}”，期限 {shown(task.due_at)}。\n\n{reason}"
    tell_groups(work, _audience(work, alarm, task, case), title, body, case_id=case.id, once=f"alarm-{alarm.id}")
    details = {"name": task.name, "kind": alarm.kind, "due": shown(task.due_at)}
    note(work, f"{alarm.kind}-told", "user-task", task.id, details, case_id=case.id)
    return True


def _audience(work: UnitOfWork, alarm: Alarm, task: UserTask, case: Case) -> list[str]:
    """The groups that may take the task; for an escalation the role the deadline's rule names."""
    if alarm.kind == ESCALATION and alarm.escalate_to:
        programme = compiled_of(work.session, case.deployment_id)
        reading = read_case(work.session, case, programme, now=work.now, paths=())
        return reading.group_keys(alarm.escalate_to)
    return list(work.session.scalars(select(TaskGroup.group_key).where(TaskGroup.task_id == task.id)))
