"""What the page of deputies and of hand-over shows: who stands in for whom, and whose open work there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.identity import Actor
from service.store.access import visible
from service.store.cases import Case
from service.store.deputies import Deputy
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User

MOST = 200


@dataclass(frozen=True, slots=True)
class DeputyRow:
    """One deputy, present, coming or over."""

    deputy_id: int
    principal_id: int
    principal: str
    deputy: str
    roles: tuple[str, ...]
    from_on: date
    to_on: date
    reason: str
    over: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    """An account of the same unit; `open_tasks` are those it has or has delegated."""

    user_id: int
    name: str
    login: str
    active: bool
    open_tasks: int


@dataclass(frozen=True, slots=True)
class WorkRow:
    """An open task of somebody who leaves."""

    task_id: int
    name: str
    case_title: str
    case_number: str | None


def of_person(session: Session, actor: Actor, today: date) -> tuple[DeputyRow, ...]:
    """Who stands in for the person and for whom the person stands in, the newest first."""
    principal, deputy = aliased(User), aliased(User)
    found = session.execute(
        select(Deputy, principal.name, deputy.name)
        .join(principal, principal.id == Deputy.principal_id)
        .join(deputy, deputy.id == Deputy.deputy_id)
        .where(or_(Deputy.principal_id == actor.user_id, Deputy.deputy_id == actor.user_id))
        .order_by(Deputy.id.desc())
        .limit(MOST)
    )
    return tuple(
        DeputyRow(
            one.id, one.principal_id, by, to, tuple(one.roles), one.from_on, one.to_on, one.reason,
            one.ended_at is not None or one.to_on < today,
        )
        for one, by, to in found
    )  # fmt: skip


def colleagues(session: Session, actor: Actor) -> tuple[Colleague, ...]:
    """The other accounts of the person's unit, closed ones too."""
    mine = or_(UserTask.assignee_id == User.id, UserTask.owner_id == User.id)
    count = select(func.count(UserTask.id)).where(UserTask.status == OPEN, mine).correlate(User).scalar_subquery()
    found = session.execute(
        select(User.id, User.name, User.login, User.active, count)
        .where(User.organisation_id == actor.organisation_id, User.id != actor.user_id)
        .order_by(User.name, User.id)
        .limit(MOST)
    )
    return tuple(Colleague(*row) for row in found)


def work_of(session: Session, actor: Actor, user_id: int) -> Sequence[WorkRow]:
    """The open tasks that somebody has or has delegated, of cases that the reader may see; the oldest first."""
    found = session.execute(
        select(UserTask.id, UserTask.name, Case.title, Case.number)
        .join(Case, Case.id == UserTask.case_id)
        .where(
            UserTask.status == OPEN, or_(UserTask.assignee_id == user_id, UserTask.owner_id == user_id), visible(actor)
        )
        .order_by(UserTask.id)
        .limit(MOST)
    )
    return [WorkRow(*row) for row in found]
