"""Notifications inside the application."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Message(Base):
    """A notification to a person, in the person's language; or to a group, in English too where there are words."""

    __tablename__ = "messages"

    id: Mapped[Key]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    group_key: Mapped[str | None] = mapped_column(index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    title: Mapped[str]
    body: Mapped[str]
    title_en: Mapped[str | None]
    body_en: Mapped[str | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
