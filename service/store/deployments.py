"""Immutable snapshots of a programme's models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key


class Deployment(Base):
    """One published version of a programme; `digest` covers every file of the closure."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("programme", "digest"), UniqueConstraint("programme", "version"))

    id: Mapped[Key]
    programme: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class DeploymentFile(Base):
    """One file of a deployment."""

    __tablename__ = "deployment_files"

    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    digest: Mapped[str]
