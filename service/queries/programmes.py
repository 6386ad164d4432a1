"""Programmes in their newest published version, as people see them: names, procedures, calls, files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Result, Select, bindparam, func, literal, select
from sqlalchemy.orm import Session

from service.domain.access import Remit, remit_paths
from service.domain.errors import Language, NotFound
from service.domain.identity import Actor
from service.programmes.manifest import FILE_NAME, LegalBasis, Manifest, Procedure, read_manifest
from service.store.access import below
from service.store.calls import Call
from service.store.cases import Case
from service.store.deployments import Deployment, DeploymentFile
from service.store.organisations import Organisation
from service.store.users import User


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """One programme in one version: its manifest, and when and by whom it was published."""

    manifest: Manifest
    deployment_id: int
    version: int
    digest: str
    deployed_at: datetime
    deployed_by: str

    @property
    def key(self) -> str:
        """The programme's key."""
        return self.manifest.key

    @property
    def name(self) -> str:
        """The Chinese name."""
        return self.manifest.name

    @property
    def name_en(self) -> str:
        """The English name, or the Chinese one."""
        return self.manifest.name_en or self.manifest.name

    @property
    def status(self) -> str:
        """Draft, in force or expired."""
        return self.manifest.status

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """The top-level processes, in the manifest's order."""
        return tuple(self.manifest.procedures.values())

    @property
    def legal_basis(self) -> tuple[LegalBasis, ...]:
        """The documents the programme rests on."""
        return self.manifest.legal_basis


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call for declarations."""

    call_id: int
    programme: str
    key: str
    title: str
    opens_on: date | None
    closes_on: date | None
    status: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One published version."""

    deployment_id: int
    version: int
    digest: str
    deployed_at: datetime
    deployed_by: str
    running: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a deployment, without its content."""

    path: str
    digest: str
    size: int


def newest(session: Session) -> dict[str, ProgrammeRow]:
    """Every programme by its key, in its newest version."""
    return {row.key: row for row in _rows(session, session.execute(_asking(newest=True)))}


def within(session: Session, actor: Actor, remit: Remit) -> dict[str, ProgrammeRow]:
    """The programmes of the authorities for which the actor designs or administers, in their newest version."""
    codes = set(session.scalars(select(Organisation.code).where(below(remit_paths(actor, remit)))))
    return {key: row for key, row in newest(session).items() if row.manifest.authority in codes}


def authority_paths(session: Session) -> dict[str, str]:
    """Where each authority stands in the tree, by its code."""
    found = session.execute(select(Organisation.code, Organisation.path).where(Organisation.kind == "authority"))
    return {code: path for code, path in found}


def of_deployment(session: Session, deployment_id: int) -> ProgrammeRow:
    """The programme as of the version a case is pinned to."""
    rows = _rows(session, session.execute(_asking(newest=False), {"deployment": deployment_id}))
    if not rows:
        raise NotFound()
    return rows[0]


@cache
def _asking(*, newest: bool) -> Select[*tuple[Any, ...]]:
    """The newest versions, or a named one; put together once, for every list of cases and every case asks."""
    latest = select(func.max(Deployment.id)).group_by(Deployment.programme)
    place = literal("bpmn/") + Deployment.programme + literal(f"/{FILE_NAME}")
    return (
        select(
            Deployment.id, Deployment.version, Deployment.digest, Deployment.deployed_at, User.name,
            DeploymentFile.path, DeploymentFile.digest,
        )
        .join(DeploymentFile, (DeploymentFile.deployment_id == Deployment.id) & (DeploymentFile.path == place))
        .outerjoin(User, User.id == Deployment.deployed_by)
        .where(Deployment.id.in_(latest) if newest else Deployment.id == bindparam("deployment"))
        .order_by(Deployment.programme)
    )  # fmt: skip


def _rows(session: Session, found: Result[*tuple[Any, ...]]) -> list[ProgrammeRow]:
    return [
        ProgrammeRow(_manifest(session, row_id, path, file_digest), row_id, version, digest, at, by or "")
        for row_id, version, digest, at, by, path, file_digest in found.all()
    ]


def _manifest(session: Session, deployment_id: int, path: str, digest: str) -> Manifest:
    """Read once a digest: a published file never changes."""
    known = _MANIFESTS.get(digest)
    if known is None:
        known = _MANIFESTS[digest] = read_manifest(file_content(session, deployment_id, path))
        if len(_MANIFESTS) > KEPT_MANIFESTS:
            _MANIFESTS.pop(next(iter(_MANIFESTS)), None)
    return known


KEPT_MANIFESTS: Final = 64
_MANIFESTS: dict[str, Manifest] = {}


def role_names(session: Session, language: Language) -> dict[str, str]:
    """The names of the roles of all programmes in their newest versions; where two differ, the first one's."""
    names: dict[str, str] = {}
    for programme in newest(session).values():
        for key, role in programme.manifest.roles.items():
            names.setdefault(key, role.name_en if language == "en" and role.name_en else role.name)
    return names


def versions(session: Session, programme: str) -> tuple[VersionRow, ...]:
    """The published versions of a programme, newest first, with the cases that run on each."""
    running = (
        select(Case.deployment_id, func.count().label("running"))
        .where(Case.programme == programme, Case.ended_at.is_(None))
        .group_by(Case.deployment_id)
        .subquery()
    )
    found = session.execute(
        select(
            Deployment.id, Deployment.version, Deployment.digest, Deployment.deployed_at, User.name, running.c.running
        )
        .join(User, User.id == Deployment.deployed_by, isouter=True)
        .join(running, running.c.deployment_id == Deployment.id, isouter=True)
        .where(Deployment.programme == programme)
        .order_by(Deployment.version.desc())
    )
    return tuple(
        VersionRow(row_id, version, digest, at, by or "", cases or 0)
        for row_id, version, digest, at, by, cases in found
    )


def files(session: Session, deployment_id: int) -> tuple[FileRow, ...]:
    """The files of a version, in the order of their paths."""
    found = session.execute(
        select(DeploymentFile.path, DeploymentFile.digest, func.length(DeploymentFile.content))
        .where(DeploymentFile.deployment_id == deployment_id)
        .order_by(DeploymentFile.path)
    )
    return tuple(FileRow(*row) for row in found)


def file_content(session: Session, deployment_id: int, path: str) -> bytes:
    """The bytes of one file; raises NotFound."""
    row = session.get(DeploymentFile, (deployment_id, path))
    if row is None:
        raise NotFound()
    return row.content


def all_files(session: Session, deployment_id: int) -> dict[str, bytes]:
    """Every file of a version."""
    found = session.execute(
        select(DeploymentFile.path, DeploymentFile.content).where(DeploymentFile.deployment_id == deployment_id)
    )
    return {path: content for path, content in found}


def running_cases(session: Session, keys: Collection[str]) -> dict[str, int]:
    """How many cases of each of these programmes have not ended."""
    running = select(Case.programme, func.count()).where(Case.ended_at.is_(None), Case.programme.in_(keys))
    found = session.execute(running.group_by(Case.programme))
    return {programme: number for programme, number in found}


def calls(session: Session, today: date) -> tuple[CallRow, ...]:
    """Calls that take declarations on `today`, the one that closes first in front."""
    found = session.execute(
        select(Call.id, Call.programme, Call.key, Call.title, Call.opens_on, Call.closes_on, Call.status)
        .where(Call.status == "open")
        .order_by(Call.closes_on.is_(None), Call.closes_on, Call.id)
    )
    rows = (CallRow(*row) for row in found)
    return tuple(
        row
        for row in rows
        if (row.opens_on is None or row.opens_on <= today) and (row.closes_on is None or today <= row.closes_on)
    )
