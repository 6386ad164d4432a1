"""Timers of the engine, as rows that the clock reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Delete, ForeignKey, Select, UniqueConstraint, bindparam, delete, func, select, tuple_
from sqlalchemy.orm import Mapped, Session, aliased, load_only, mapped_column

from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.instances import Instance
from service.store.session import Base, Key, changed
from service.store.user_tasks import OPEN, UserTask


class Timer(Base):
    """A waiting timer. Without `due_at` it is paused; `ends` lists the open tasks its firing cancels."""

    __tablename__ = "timers"
    __table_args__ = (UniqueConstraint("instance_id", "engine_task"),)

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    engine_task: Mapped[int]
    element: Mapped[str]
    process: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    deadline: Mapped[str | None]
    ends: Mapped[list[Any]] = mapped_column(default=list)


def due(session: Session, now: datetime, limit: int) -> tuple[int, ...]:
    """The instances of the timers due at `now`, in due order, once for each timer; without those of suspended cases.

    Read without a lock: which timer it is, is asked under the instance's lock.
    """
    statement = (
        select(Timer.instance_id)
        .join(Instance, Instance.id == Timer.instance_id)
        .join(Case, Case.id == Instance.case_id)
        .where(Timer.due_at <= now, Case.suspended_at.is_(None))
        .order_by(Timer.due_at, Timer.id)
        .limit(limit)
    )
    return tuple(session.scalars(statement))


def remove(session: Session, instance_id: int, engine_tasks: Sequence[int]) -> None:
    """Take away those of the instance that wait no longer."""
    if engine_tasks:
        changed(session, _removing(), {"owner": instance_id, "left": list(engine_tasks)})


@cache
def _removing() -> Delete:
    left = Timer.engine_task.in_(bindparam("left", expanding=True))
    statement = delete(Timer).where(Timer.instance_id == bindparam("owner"), left)
    return statement.execution_options(autoflush=False)  # no timer is ever pending: they are inserted as they stand


@dataclass(frozen=True, slots=True)
class TimerGround:
    """What firing a timer begins with; `sealed` when one of the instance's open tasks was submitted and not signed.

    The deployment is held so that the session knows it for as long as the timer fires.
    """

    instance: Instance
    timer: Timer
    case: Case
    deployment: Deployment
    sealed: bool


def lock_first_due(session: Session, instance_ids: Collection[int], now: datetime) -> list[TimerGround]:
    """Of each instance the timer that is due first, with instance, timer and case locked, so that none fires twice.

    In due order, without the instances of which no timer is due, and those another transaction holds: the clock takes
    both as "later". The first and no other: a date that was passed over while somebody worked on the case does not come
    after a later one. In one statement with what moves them, because a cut-off date asks thousands of times; PostgreSQL
    gives locked rows as they are at the lock, so that neither a timer fired meanwhile nor a case suspended meanwhile is
    taken.
    """
    rows = session.execute(_ground_of(), {"instances": list(instance_ids), "now": now})
    return [TimerGround(*row) for row in rows]


@cache
def _ground_of() -> Select[Instance, Timer, Case, Deployment, bool]:
    """Built once: putting the statement together costs more than running it."""
    # counted, so that it is looked for among the instance's tasks and never among all that are open
    waiting = func.count(UserTask.id).filter(UserTask.status == OPEN, UserTask.sealed.is_not(None))
    sealed = select(waiting > 0).where(UserTask.instance_id == Timer.instance_id).scalar_subquery()
    other = aliased(Timer)
    before = tuple_(other.due_at, other.id) < tuple_(Timer.due_at, Timer.id)
    statement = (
        select(Instance, Timer, Case, Deployment, sealed)
        .join(Timer, Timer.instance_id == Instance.id)
        .join(Case, Case.id == Instance.case_id)
        .join(Deployment, Deployment.id == Instance.deployment_id)
        .where(Timer.instance_id.in_(bindparam("instances", expanding=True)), Timer.due_at <= bindparam("now"))
        .where(~select(other.id).where(other.instance_id == Timer.instance_id, before).exists())
        .order_by(Timer.due_at, Timer.id)
        .with_for_update(of=(Instance, Timer, Case), skip_locked=True, key_share=True)
        .options(load_only(Deployment.programme, Deployment.digest))
    )
    return statement.execution_options(populate_existing=True)
