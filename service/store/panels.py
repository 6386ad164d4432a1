"""Drawn panels of experts and their seats."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Panel(Base):
    """A draw that can be repeated: the digest of the sealed pool, the seed, and the whole record of it.

    The seed is empty until the witness has come; `code` is where the record is published.
    """

    __tablename__ = "panels"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(8))
    seed: Mapped[str]
    pool_digest: Mapped[str]
    record: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Seat(Base):
    """One place of a panel: invited, accepted, declined or empty."""

    __tablename__ = "seats"

    id: Mapped[Key]
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id"), index=True)
    position: Mapped[int]
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"), index=True)
    chair: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(default="invited")
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("seats.id"))
