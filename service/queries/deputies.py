"""What the page of deputies and of hand-over shows: who stands in for whom, and whose open work there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries.paging import Choice, choice
from service.store.access import visible
from service.store.cases import Case
from service.store.deputies import Deputy
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User

MOST = 200
_HELD = or_(UserTask.assignee_id == User.id, UserTask.owner_id == User.id)


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


def colleagues(session: Session, actor: Actor, name: str = "", *, without: int = 0) -> Choice[Colleague]:
    """The other people of the person's unit who can take something over; `name` narrows the list."""
    able = _colleagues(actor).where(User.active, User.id != without, User.name.contains(name, autoescape=True))
    return choice([Colleague(*row) for row in session.execute(able)], MOST)


def laden(session: Session, actor: Actor) -> Choice[Colleague]:
    """The colleagues with open work, closed accounts too."""
    held = exists().where(UserTask.status == OPEN, _HELD).correlate(User)
    return choice([Colleague(*row) for row in session.execute(_colleagues(actor).where(held))], MOST)


def held(session: Session, user_id: int) -> int:
    """How many open tasks somebody has or has delegated, whoever asks: a number tells nothing of a case."""
    mine = or_(UserTask.assignee_id == user_id, UserTask.owner_id == user_id)
    return session.scalar(select(func.count(UserTask.id)).where(UserTask.status == OPEN, mine)) or 0


def colleague(session: Session, actor: Actor, user_id: int) -> Colleague:
    """One of them; raises NotFound for an account of another unit and for the person's own."""
    row = session.execute(_colleagues(actor).where(User.id == user_id)).one_or_none()
    if row is None:
        raise NotFound()
    return Colleague(*row)


def _colleagues(actor: Actor) -> Select[int, str, str, bool, int]:
    count = select(func.count(UserTask.id)).where(UserTask.status == OPEN, _HELD).correlate(User).scalar_subquery()
    return (
        select(User.id, User.name, User.login, User.active, count)
        .where(User.organisation_id == actor.organisation_id, User.id != actor.user_id)
        .order_by(User.name, User.id)
        .limit(MOST + 1)
    )


def work_of(session: Session, actor: Actor, user_id: int) -> Choice[WorkRow]:
    """The open tasks that somebody has or has delegated, of cases that the reader may see; the oldest first."""
    found = session.execute(
        select(UserTask.id, UserTask.name, Case.title, Case.number)
        .join(Case, Case.id == UserTask.case_id)
        .where(
            UserTask.status == OPEN, or_(UserTask.assignee_id == user_id, UserTask.owner_id == user_id), visible(actor)
        )
        .order_by(UserTask.id)
        .limit(MOST + 1)
    )
    return choice([WorkRow(*row) for row in found], MOST)
