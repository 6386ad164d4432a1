"""Keys of requests already answered, so that a repeat gets the first answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base


class RequestKey(Base):
    """A request of an actor and its answer."""

    __tablename__ = "request_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    actor_id: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]
    at: Mapped[datetime] = mapped_column(index=True)
