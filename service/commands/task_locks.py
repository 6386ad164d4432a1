"""Take a task for an act: its instance locked, its state judged, and the clear answer when somebody was first."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.domain.errors import DeadlinePassed, NotAllowed, NotFound, TaskAlreadyClaimed, TaskAlreadyCompleted
from service.store import instances, timers
from service.store.cases import Case
from service.store.instances import Instance
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from service.store.users import User

ZONE = ZoneInfo("Asia/Shanghai")


def shown(moment: datetime) -> str:
    """An instant as people read it, in the authority's zone, to the minute."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def lock_task(work: UnitOfWork, task_id: int) -> UserTask:
    """The task, its instance locked first (the same order everywhere), visible to the actor or NotFound."""
    instance_id = work.session.scalar(select(UserTask.instance_id).where(UserTask.id == task_id))
    if instance_id is None:
        raise NotFound()
    instances.lock(work.session, instance_id)
    task = work.session.get_one(UserTask, task_id)
    if not _may_take(work, task):
        raise NotFound()
    return task


def refuse_unless_workable(work: UnitOfWork, task: UserTask) -> None:
    """Raise unless the actor may act on the task now: open, not another's, in time."""
    if task.status != OPEN:
        raise TaskAlreadyCompleted(who=name_of(work, task.completed_by), when=shown(task.closed_at or work.now))
    if task.assignee_id is not None and task.assignee_id != work.actor.user_id:
        raise TaskAlreadyClaimed(who=name_of(work, task.assignee_id), when=shown(task.claimed_at or task.opened_at))
    over_at = timers.ended_at(work.session, task.instance_id, task.engine_task, work.now)
    if over_at is not None:
        raise DeadlinePassed(due=shown(over_at))


def case_and_instance(work: UnitOfWork, task: UserTask) -> tuple[Case, Instance]:
    """The case and the locked instance of a task."""
    return work.session.get_one(Case, task.case_id), work.session.get_one(Instance, task.instance_id)


def name_of(work: UnitOfWork, user_id: int | None) -> str:
    """A person's name for a message; the service itself where nobody did it."""
    name = work.session.scalar(select(User.name).where(User.id == user_id)) if user_id else None
    return name or "系统"


def _may_take(work: UnitOfWork, task: UserTask) -> bool:
    if not work.actor.is_person or task.assignee_id == work.actor.user_id:
        return True
    groups = sorted(work.actor.groups)
    found = work.session.scalar(
        select(TaskGroup.task_id).where(TaskGroup.task_id == task.id, TaskGroup.group_key.in_(groups)).limit(1)
    )
    return found is not None


def require_person(work: UnitOfWork) -> int:
    """The acting user's id; an act of a person needs a person."""
    if work.actor.user_id is None:
        raise NotAllowed(why_zh="需要以个人身份办理。", why_en="A person has to do this.")
    return work.actor.user_id
