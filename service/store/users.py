"""Accounts, the roles they hold, and their sessions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class User(Base):
    """An account of one person."""

    __tablename__ = "users"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    email: Mapped[str | None]
    mobile: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    language: Mapped[str] = mapped_column(default="zh")
    active: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until_at: Mapped[datetime | None]


class Grant(Base):
    """A role of a person at an organisation; both dates are inclusive."""

    __tablename__ = "grants"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    valid_from_on: Mapped[date | None]
    valid_to_on: Mapped[date | None]


class UserSession(Base):
    """A signed-in browser; the token itself is never stored."""

    __tablename__ = "sessions"

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    csrf: Mapped[str]
