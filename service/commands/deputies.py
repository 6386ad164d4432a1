"""Who acts when somebody does not: a standing deputy (代理), and the hand-over of all work (离职转办)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import or_, select

from service.commands.task_locks import HeldTask, refuse_receiver, require_person
from service.commands.telling import tell_people
from service.commands.trail import note
from service.domain.access import HOUSE_ROLES, READING_ROLES
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed, NotFound, Refusal, WrongState
from service.domain.verbs import LONGEST_REASON, SHORTEST_REASON, Standing
from service.programmes.compiled import compiled_of
from service.programmes.supervision import supervising
from service.programmes.task_forms import continued_form
from service.store import deputies, instances, standings, user_tasks
from service.store.deputies import Deputy
from service.store.submissions import copy_draft
from service.store.task_ground import task_ground
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User, actor_of

LONGEST_DAYS: Final = 30  # calendar days, both ends counted; whoever is away longer hands over
NOT_LENT: Final = HOUSE_ROLES | READING_ROLES


def appoint(
    work: UnitOfWork, deputy_id: int, *, roles: Collection[str], from_on: date, to_on: date, reason: str = ""
) -> int:
    """代理: a colleague of the own unit acts for the actor in these roles, both days included; returns its id.

    The deputy's own conflicts of interest stay: what the deputy must not see is not lent. Roles are lent once: what
    somebody holds as a deputy cannot be lent on. Raises InvalidInput and WrongState.
    """
    person = require_person(work)
    receiver = actor_of(work.session, deputy_id, local_date(work.now))
    if receiver is None or deputy_id == person or receiver.organisation_id != work.actor.organisation_id:
        raise InvalidInput(field="代理人", zh="应为本单位的另一位人员", en="must be somebody else of your unit")
    own = {grant.role for grant in work.actor.roles} - NOT_LENT
    if not roles or set(roles) - own:
        raise InvalidInput(field="代理什么", zh="应为您自己的角色", en="must be roles of your own")
    if from_on < local_date(work.now) or not from_on <= to_on < from_on + timedelta(days=LONGEST_DAYS):
        raise InvalidInput(
            field="代理期间",
            zh=f"应从今天或以后开始，不在开始以前结束，最长 {LONGEST_DAYS} 天；更长时请办交接",
            en=f"must begin today or later, not end before, and last {LONGEST_DAYS} days at most; hand over for longer",
        )
    if deputies.overlapping(work.session, person, from_on, to_on):
        raise WrongState(zh="这段时间已经有代理人，请先收回。", en="You have a deputy in this time; end that first.")
    row = Deputy(
        principal_id=person, deputy_id=deputy_id, roles=sorted(roles), from_on=from_on, to_on=to_on,
        reason=reason.strip()[:LONGEST_REASON], appointed_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    details = {"to": receiver.name, "roles": row.roles, "from": from_on.isoformat(), "until": to_on.isoformat()}
    note(work, "deputy-appointed", "deputy", row.id, details)
    return row.id


def end(work: UnitOfWork, deputy_id: int) -> None:
    """收回: the deputy stands in no longer, at once; the principal or the deputy may end it."""
    person = require_person(work)
    row = work.session.get(Deputy, deputy_id, with_for_update=True)
    if row is None or person not in (row.principal_id, row.deputy_id):
        raise NotFound()
    if row.ended_at is None:
        row.ended_at = work.now
        note(work, "deputy-ended", "deputy", row.id, {})


@dataclass(frozen=True, slots=True)
class Handed:
    """One row of a hand-over; `refused` says why the task stayed."""

    task_id: int
    name: str
    refused: str = ""


def work_of(work: UnitOfWork, user_id: int) -> tuple[int, ...]:
    """The open tasks that a person has or has delegated: what a hand-over moves, each in its own transaction."""
    found = select(UserTask.id).where(
        UserTask.status == OPEN, or_(UserTask.assignee_id == user_id, UserTask.owner_id == user_id)
    )
    return tuple(work.session.scalars(found.order_by(UserTask.id)))


def hand_over(work: UnitOfWork, task_id: int, from_id: int, to_id: int | None, reason: str) -> Handed:
    """离职转办 of one task, also of a closed account: to a colleague, with the draft, or (None) back to its groups.

    By an administrator of the authority or whoever is told of what is late. What was only lent to who leaves goes back
    to its owner when nobody is named.
    """
    require_person(work)
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidInput(field="交接原因", zh="请填写 2 至 500 字", en="please give a reason of 2 to 500 characters")
    instance = instances.lock_of_task(work.session, task_id)
    loaded = user_tasks.load(work.session, task_id, work.actor)
    task, case = loaded.task, loaded.case
    ground = task_ground(work.session, task, person=from_id, form=continued_form(task), now=work.now)
    roles = supervising(compiled_of(work.session, case.deployment_id).manifest)
    found = standings.to_task(work.session, work.actor, loaded, ground, supervising=roles, now=work.now)
    if not found:
        raise NotFound()
    if Standing.SUPERVISOR not in found:
        raise NotAllowed(why_zh="交接由管理员或负责人办理。", why_en="An administrator or the head does this.")
    if task.status != OPEN or from_id not in (task.assignee_id, task.owner_id):
        raise WrongState(zh="任务已不在对方手上。", en="The task is no longer theirs.")
    if to_id is not None:
        try:
            refuse_receiver(work, HeldTask(task, case, instance, loaded.deployment, ground), to_id)
        except Refusal as refusal:
            return Handed(task_id, task.name, refusal.text(work.actor.language))
    passed_on = _hand(work, task, from_id, to_id)
    leaver, receiver = work.session.get(User, from_id), work.session.get(User, to_id) if to_id is not None else None
    details = {"name": task.name, "of": leaver.name if leaver else "", "of_id": from_id, "to_id": to_id}
    details |= {"to": receiver.name} if receiver is not None else {}
    details |= {"entered_by": from_id} if passed_on else {}
    note(work, "task-handed-over", "user-task", task_id, {**details, "reason": reason.strip()}, case_id=case.id)
    tell_people(work, [to_id], case, f"交接给您：“{task.name}”", reason.strip())
    return Handed(task_id, task.name)


def _hand(work: UnitOfWork, task: UserTask, from_id: int, to_id: int | None) -> bool:
    """Put another in the leaver's place, as owner of what is lent or as who has it; whether a draft went along."""
    owner, worker = task.owner_id, task.assignee_id
    if owner == from_id and worker != from_id:
        owner, worker = to_id, worker if to_id is not None else None
    else:
        worker = to_id if to_id is not None else owner
    heir, comes_back = (to_id or worker), to_id in {None, task.owner_id}
    passed_on = copy_draft(work.session, task.id, from_id, heir, over=comes_back, at=work.now)
    user_tasks.assign(work.session, task.id, worker, held_by=task.assignee_id, at=work.now)
    task.owner_id = owner if owner != worker else None
    work.session.flush()
    return passed_on
