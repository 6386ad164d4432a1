"""Counted attempts of a sender within a window of time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base


class Throttle(Base):
    """The number of attempts of one key since `window_start_at`."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)
