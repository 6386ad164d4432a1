"""Process instances: the engine's state of a case and the lock every move takes first."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Instance(Base):
    """The engine's state of one case; `revision` grows by one with every move."""

    __tablename__ = "instances"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"), index=True)
    state: Mapped[bytes | None]
    revision: Mapped[int] = mapped_column(default=0)
    ended: Mapped[bool] = mapped_column(default=False)
