"""What running instances wait for by name, messages and signals: a publisher finds them without loading a state."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import Base, Key

MESSAGE, SIGNAL = "message", "signal"


class Subscription(Base):
    """A token that waits for a message (with its correlation key, if the model has one) or for a signal."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("instance_id", "engine_task"),
        Index("ix_subscriptions_kind_name_key", "kind", "name", "key"),
    )

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    engine_task: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    key: Mapped[str | None]
    element: Mapped[str]
    process: Mapped[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A subscription as it was read without a lock."""

    id: int
    instance_id: int
    case_id: int
    process: str


def waiting(
    session: Session, kind: str, name: str, *, key: str | None = None, authority_id: int | None = None
) -> tuple[Waiting, ...]:
    """Who waits, the longest first, read without a lock; `authority_id` None: in cases of every authority."""
    statement = (
        select(Subscription.id, Subscription.instance_id, Instance.case_id, Subscription.process)
        .join(Instance, Instance.id == Subscription.instance_id)
        .where(Subscription.kind == kind, Subscription.name == name)
        .order_by(Subscription.id)
    )
    if kind == MESSAGE:
        statement = statement.where(Subscription.key.is_(None) if key is None else Subscription.key == key)
    if authority_id is not None:
        statement = statement.join(Case, Case.id == Instance.case_id).where(Case.authority_id == authority_id)
    return tuple(Waiting(*row) for row in session.execute(statement))


def still_waits(session: Session, subscription_id: int) -> bool:
    """Whether the token still waits: asked again under its instance's lock."""
    return session.scalar(select(Subscription.id).where(Subscription.id == subscription_id)) is not None
