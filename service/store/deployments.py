"""Immutable snapshots of a programme's models."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store import counters
from service.store.session import Base, Key
from service.store.unit_of_work import UnitOfWork


class Deployment(Base):
    """One published version of a programme; `digest` covers every file and comes again with earlier contents."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("programme", "version"),)

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


def add(
    work: UnitOfWork, programme: str, digest: str, files: Mapping[str, bytes], manifest: dict[str, Any]
) -> Deployment:
    """Store a snapshot as the programme's next version, from 1; two at once get two versions, one after the other."""
    row = Deployment(
        programme=programme,
        version=counters.take(work.session, f"deployment:{programme}"),
        digest=digest,
        manifest=manifest,
        deployed_at=work.now,
        deployed_by=work.actor.user_id,
    )
    work.session.add(row)
    work.session.flush()
    work.session.add_all(
        DeploymentFile(deployment_id=row.id, path=path, content=content, digest=hashlib.sha256(content).hexdigest())
        for path, content in sorted(files.items())
    )
    work.session.flush()
    return row


def newest(session: Session, programme: str) -> int | None:
    """The id of a programme's newest deployment, which new cases start in."""
    statement = select(Deployment.id).where(Deployment.programme == programme).order_by(Deployment.version.desc())
    return session.scalars(statement.limit(1)).one_or_none()


def newest_of_all(session: Session) -> list[int]:
    """The ids of every programme's newest deployment, in the order of their keys."""
    latest = select(func.max(Deployment.id)).group_by(Deployment.programme)
    return list(session.scalars(select(Deployment.id).where(Deployment.id.in_(latest)).order_by(Deployment.programme)))


def lock(session: Session, deployment_id: int) -> Deployment:
    """A deployment, locked until the commit: of several that publish on top of it, one goes first."""
    return session.get_one(Deployment, deployment_id, with_for_update=True)


def files_of(session: Session, deployment_id: int) -> dict[str, bytes]:
    """The files of a deployment by path."""
    rows = session.execute(
        select(DeploymentFile.path, DeploymentFile.content)
        .where(DeploymentFile.deployment_id == deployment_id)
        .order_by(DeploymentFile.path)
    )
    return {path: content for path, content in rows}
