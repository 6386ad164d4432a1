"""Process instances: the engine's state of a case and the lock every move takes first."""

from __future__ import annotations

from functools import cache

from sqlalchemy import ForeignKey, Select, Update, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from service.domain.errors import NotFound, StaleRevision
from service.store.cases import Case
from service.store.session import Base, Key, changed
from service.store.user_tasks import UserTask


class Instance(Base):
    """The engine's state of one case; `revision` grows by one with every move.

    `start_key` is the correlation key of the message that began it: while it runs, that message begins no other.
    """

    __tablename__ = "instances"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"), index=True)
    state: Mapped[bytes | None]
    revision: Mapped[int] = mapped_column(default=0)
    ended: Mapped[bool] = mapped_column(default=False)
    start_key: Mapped[str | None] = mapped_column(index=True)


def lock(session: Session, instance_id: int) -> Instance:
    """The instance, locked until the commit. Every move takes this lock before any other row.

    On SQLite the transaction itself is the lock: `transact` begins as the one writer. Read tasks and timers of the
    instance after this, not before: what was read before may be from before the wait.
    """
    return _locked(session, select(Instance).where(Instance.id == instance_id))


def lock_of_case(session: Session, case_id: int) -> Instance:
    """The instance of a case, locked."""
    return _locked(session, select(Instance).where(Instance.case_id == case_id))


def lock_of_task(session: Session, task_id: int) -> Instance:
    """The instance of a user task, locked; the task itself is read afterwards."""
    owner = select(UserTask.instance_id).where(UserTask.id == task_id).scalar_subquery()
    return _locked(session, select(Instance).where(Instance.id == owner))


def runs(session: Session, programme: str, procedure: str, start_key: str) -> bool:
    """Whether a case of the procedure that a message of this key began is still running."""
    statement = (
        select(Instance.id)
        .join(Case, Case.id == Instance.case_id)
        .where(Case.programme == programme, Case.procedure == procedure)
        .where(Instance.start_key == start_key, Instance.ended.is_(False))
    )
    return session.scalar(statement.limit(1)) is not None


def try_lock(session: Session, instance_id: int) -> Instance | None:
    """The instance, locked; None when another transaction holds it, which the clock takes as “later”."""
    return session.scalars(_free(), {"wanted": instance_id}).one_or_none()


def compare_and_set(session: Session, instance: Instance, *, state: bytes, ended: bool) -> None:
    """Write the state that a move made out of the revision read; StaleRevision when somebody moved in between.

    It stops two moves out of the same state even where a lock was forgotten.
    """
    revision = instance.revision
    values = {"wanted": instance.id, "read": revision, "now_state": state, "now_ended": ended}
    if not changed(session, _next_revision(), values):
        raise StaleRevision(instance=instance.id, revision=revision)
    for name, value in (("state", state), ("ended", ended), ("revision", revision + 1)):
        set_committed_value(instance, name, value)


# Every move runs these two: putting a statement together costs more than running it.


@cache
def _free() -> Select[Instance]:
    statement = select(Instance).where(Instance.id == bindparam("wanted")).with_for_update(skip_locked=True)
    return statement.execution_options(populate_existing=True)


@cache
def _next_revision() -> Update:
    statement = (
        update(Instance)
        .where(Instance.id == bindparam("wanted"), Instance.revision == bindparam("read"))
        .values(state=bindparam("now_state"), ended=bindparam("now_ended"), revision=Instance.revision + 1)
    )
    return statement.execution_options(autoflush=False)  # it reads this row alone, which was locked as it stands


def _locked(session: Session, statement: Select[Instance]) -> Instance:
    locked = statement.with_for_update().execution_options(populate_existing=True)
    instance = session.scalars(locked).one_or_none()
    if instance is None:
        raise NotFound()
    return instance
