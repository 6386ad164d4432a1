"""Take a task for an act: its instance locked, its state judged, and the clear answer when somebody was first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.deadlines import shown
from service.domain.errors import DeadlinePassed, NotAllowed, NotFound, TaskAlreadyClaimed, TaskAlreadyCompleted
from service.store import instances, user_tasks
from service.store.cases import Case
from service.store.instances import Instance
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from service.store.users import User


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task whose instance this transaction holds."""

    task: UserTask
    case: Case
    instance: Instance


def hold(work: UnitOfWork, task_id: int) -> HeldTask:
    """The task with its instance locked, if it is one of the actor's; NotFound otherwise."""
    instance = instances.lock_of_task(work.session, task_id)
    loaded = user_tasks.load(work.session, task_id, work.actor)
    if work.actor.is_person and not loaded.in_group and loaded.task.assignee_id != work.actor.user_id:
        raise NotFound()
    return HeldTask(loaded.task, loaded.case, instance)


def refuse_unless_workable(work: UnitOfWork, held: HeldTask) -> None:
    """Raise unless the actor may act on the task now: open, not another's, in time, not a second role in the case."""
    task = held.task
    if task.status != OPEN:
        who = _name_of(work.session, task.completed_by)
        raise TaskAlreadyCompleted(who=who, when=shown(task.closed_at or work.now))
    if task.assignee_id is not None and task.assignee_id != work.actor.user_id:
        who = _name_of(work.session, task.assignee_id)
        raise TaskAlreadyClaimed(who=who, when=shown(task.claimed_at or task.opened_at))
    over_at = _ended_at(work, task)
    if over_at is not None:
        raise DeadlinePassed(due=shown(over_at))


def refuse_second_role(work: UnitOfWork, task: UserTask) -> None:
    """One person acts in one role of a case, and not in both steps that a task's property `not-by` keeps apart.

    Submitter ≠ reviewer ≠ handler ≠ recorder; who prepares is not who signs. Source: domain §15.
    """
    rows = work.session.execute(
        select(UserTask.id, UserTask.element, TaskGroup.group_key)
        .join(TaskGroup, TaskGroup.task_id == UserTask.id)
        .where(
            UserTask.case_id == task.case_id,
            (UserTask.completed_by == work.actor.user_id) | (UserTask.id == task.id),
        )
    ).all()
    now = {_role(row.group_key) for row in rows if row.id == task.id}
    before = {_role(row.group_key) for row in rows if row.id != task.id}
    apart = set(str(task.properties.get("not-by", "")).split())
    if (before and now and not before & now) or apart & {row.element for row in rows if row.id != task.id}:
        raise NotAllowed(
            why_zh="您已用另一角色办理过本案，按规定须由他人办理这一步。",
            why_en="You acted in another role in this case; somebody else has to do this step.",
        )


def require_person(work: UnitOfWork) -> int:
    """The acting user's id; an act of a person needs a person."""
    if work.actor.user_id is None:
        raise NotAllowed(why_zh="需要以个人身份办理。", why_en="A person has to do this.")
    return work.actor.user_id


def _role(group_key: str) -> str:
    return group_key.replace("@", ":").partition(":")[0]


def _ended_at(work: UnitOfWork, task: UserTask) -> datetime | None:
    """When a period that ends this task was over, whether or not the clock has ticked since."""
    due = work.session.execute(
        select(Timer.due_at, Timer.ends).where(Timer.instance_id == task.instance_id, Timer.due_at <= work.now)
    )
    return min((at for at, ends in due if task.engine_task in ends), default=None)


def _name_of(session: Session, user_id: int | None) -> str:
    name = session.scalar(select(User.name).where(User.id == user_id)) if user_id else None
    return name or "系统"
