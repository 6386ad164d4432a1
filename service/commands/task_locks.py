"""Take a task for an act: its instance locked, its state judged, and the clear answer when somebody was first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.access import Action, require, why_not
from service.domain.deadlines import local_date
from service.domain.errors import NotAllowed
from service.domain.identity import Actor
from service.domain.verbs import TOLD, VERBS, Hindered
from service.programmes.task_forms import continued_form
from service.store import instances, user_tasks
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.instances import Instance
from service.store.task_ground import TaskGround, hindrances, task_facts, task_ground
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from service.store.users import User, actor_of


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task whose instance this transaction holds, with what an act on it reads."""

    task: UserTask
    case: Case
    instance: Instance
    deployment: Deployment
    ground: TaskGround


def hold(work: UnitOfWork, task_id: int, *, request_key: str | None = None) -> HeldTask:
    """The task with its instance locked, if it is one of the actor's and nothing keeps the actor out of the case.

    NotFound otherwise.
    """
    instance = instances.lock_of_task(work.session, task_id)
    loaded = user_tasks.load(work.session, task_id, work.actor)
    task, actor = loaded.task, work.actor
    ground = task_ground(
        work.session,
        task,
        person=actor.user_id,
        expert=actor.expert_id,
        form=continued_form(task),
        now=work.now,
        request_key=request_key,
    )
    require(actor, "see-task", task_facts(task, ground), work.now)
    return HeldTask(task, loaded.case, instance, loaded.deployment, ground)


def refuse_unless_workable(work: UnitOfWork, held: HeldTask) -> None:
    """Raise unless the actor may act on the task now: open, not another's, in time, and in one role of the case."""
    task = held.task
    facts = task_facts(task, held.ground)
    if why_not(work.actor, "work-on-task", facts, work.now) is not None:
        holder = _name_of(work.session, task.completed_by or task.assignee_id)
        require(work.actor, "work-on-task", task_facts(task, held.ground, holder=holder), work.now)


def refuse_hindered(held: HeldTask, key: str) -> None:
    """Raise Hindered where the state of the task or its case keeps this verb from it."""
    verb = VERBS[key]
    for one in hindrances(held.task, held.case, held.ground):
        if one not in verb.despite:
            zh, en = TOLD[one]
            raise Hindered(verb_zh=verb.zh, verb_en=verb.en, zh=zh, en=en)


def refuse_receiver(work: UnitOfWork, held: HeldTask, user_id: int, action: Action = "receive-task") -> Actor:
    """Raise NotAllowed unless the task may be handed to this person; the person as an actor.

    Judged by the same rule as the receiver's own acts: a role in the task or a place beside it, no conflict, no second
    role. The holder's own part is not asked here. A copy for reading (`receive-copy`) asks less.
    """
    receiver = actor_of(work.session, user_id, local_date(work.now))
    if receiver is None:
        raise NotAllowed(why_zh="没有这个账号，或账号已停用。", why_en="There is no such account, or it is closed.")
    task = held.task
    ground = task_ground(
        work.session, task, person=user_id, expert=receiver.expert_id, form=continued_form(task), now=work.now
    )
    require(receiver, action, task_facts(task, ground), work.now)
    return receiver


def stood_for(work: UnitOfWork, held: HeldTask, assignee_id: int | None) -> dict[str, Any]:
    """For whom the deputy acts, as the audit trail keeps it, with the name of that day; empty for an act of one's own.

    `assignee_id` had the task when the act began.
    """
    principal = work.actor.stands_in(assignee_id, held.ground.groups)
    return {} if principal is None else {"stands_for": principal, "stands_for_name": _name_of(work.session, principal)}


def require_person(work: UnitOfWork) -> int:
    """The acting user's id; an act of a person needs a person."""
    if work.actor.user_id is None:
        raise NotAllowed(why_zh="需要以个人身份办理。", why_en="A person has to do this.")
    return work.actor.user_id


def _name_of(session: Session, user_id: int | None) -> str:
    name = session.scalar(select(User.name).where(User.id == user_id)) if user_id else None
    return name or "系统"
