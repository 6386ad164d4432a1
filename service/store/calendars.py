"""The days of a business calendar that differ from Monday to Friday."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base


class CalendarDay(Base):
    """One day of a jurisdiction's calendar; `provisional` until its year is published."""

    __tablename__ = "calendar_days"

    jurisdiction: Mapped[str] = mapped_column(primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]
    provisional: Mapped[bool] = mapped_column(default=False)
