"""Take a task for an act: its instance locked, its state judged, and the clear answer when somebody was first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.access import role_of
from service.domain.deadlines import shown, shown_end
from service.domain.errors import DeadlinePassed, NotAllowed, NotFound, TaskAlreadyClaimed, TaskAlreadyCompleted
from service.programmes.task_forms import continued_form
from service.store import instances, user_tasks
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.instances import Instance
from service.store.task_ground import TaskGround, task_ground
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task whose instance this transaction holds, with what an act on it reads."""

    task: UserTask
    case: Case
    instance: Instance
    deployment: Deployment
    ground: TaskGround


def hold(work: UnitOfWork, task_id: int, *, request_key: str | None = None) -> HeldTask:
    """The task with its instance locked, if it is one of the actor's; NotFound otherwise."""
    instance = instances.lock_of_task(work.session, task_id)
    loaded = user_tasks.load(work.session, task_id, work.actor)
    task, person = loaded.task, work.actor.user_id
    if work.actor.is_person and not loaded.in_group and task.assignee_id != person:
        raise NotFound()
    ground = task_ground(
        work.session, task, person=person, form=continued_form(task), now=work.now, request_key=request_key
    )
    return HeldTask(task, loaded.case, instance, loaded.deployment, ground)


def refuse_unless_workable(work: UnitOfWork, held: HeldTask) -> None:
    """Raise unless the actor may act on the task now: open, not another's, in time."""
    task = held.task
    if task.status != OPEN:
        who = _name_of(work.session, task.completed_by)
        raise TaskAlreadyCompleted(who=who, when=shown(task.closed_at or work.now))
    if task.assignee_id is not None and task.assignee_id != work.actor.user_id:
        who = _name_of(work.session, task.assignee_id)
        raise TaskAlreadyClaimed(who=who, when=shown(task.claimed_at or task.opened_at))
    if held.ground.over_at is not None:
        raise DeadlinePassed(due=shown_end(held.ground.over_at))


def refuse_second_role(held: HeldTask) -> None:
    """One person acts in one role of a case, and not in both steps that a task's property `not-by` keeps apart.

    Submitter ≠ reviewer ≠ handler ≠ recorder; who prepares is not who signs. Source: domain §15.
    """
    now = {role_of(key) for key in held.ground.groups}
    before = {role_of(acted.group_key) for acted in held.ground.acted}
    apart = set(str(held.task.properties.get("not-by", "")).split())
    if (before and now and not before & now) or apart & {acted.element for acted in held.ground.acted}:
        raise NotAllowed(
            why_zh="您已用另一角色办理过本案，按规定须由他人办理这一步。",
            why_en="You acted in another role in this case; somebody else has to do this step.",
        )


def require_person(work: UnitOfWork) -> int:
    """The acting user's id; an act of a person needs a person."""
    if work.actor.user_id is None:
        raise NotAllowed(why_zh="需要以个人身份办理。", why_en="A person has to do this.")
    return work.actor.user_id


def _name_of(session: Session, user_id: int | None) -> str:
    name = session.scalar(select(User.name).where(User.id == user_id)) if user_id else None
    return name or "系统"
