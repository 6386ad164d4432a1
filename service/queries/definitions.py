"""What published programmes define, as programs ask for it: processes, decisions, decision files and forms."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from service.domain.access import has_remit
from service.domain.errors import InvalidInput, NotFound
from service.domain.identity import Actor
from service.programmes.compiled import compiled_of
from service.programmes.manifest import Manifest
from service.queries.search import Field, Found, Listing, Search, run
from service.store.definitions import DECISION, PROCESS, Definition
from service.store.deployments import Deployment, DeploymentFile
from service.store.organisations import authority_path

DefinitionRow = Row[Any]

_newer = aliased(Deployment)
_NEWEST: Final = (
    select(func.max(_newer.version)).where(_newer.programme == Deployment.programme).correlate(Deployment)
).scalar_subquery()
_IS_LATEST: Final = Deployment.version == _NEWEST
_file = aliased(Definition)
_COLUMNS: Final = (
    Definition.id, Definition.kind, Definition.name, Definition.title, Definition.path, Definition.deployment_id,
    Deployment.programme, Deployment.version, _file.id.label("file_id"), _file.name.label("file_name"),
    _file.title.label("file_title"),
)  # fmt: skip

PROCESSES: Final = Listing(
    {
        "processDefinitionKey": Field(Definition.id, "key"),
        "processDefinitionId": Field(Definition.name),
        "name": Field(Definition.title),
        "resourceName": Field(Definition.path),
        "version": Field(Deployment.version, "number"),
        "isLatestVersion": Field(_IS_LATEST, "truth"),
    },
    Definition.id,
)
DECISIONS: Final = Listing(
    {
        "decisionDefinitionKey": Field(Definition.id, "key"),
        "decisionDefinitionId": Field(Definition.name),
        "name": Field(Definition.title),
        "version": Field(Deployment.version, "number"),
        "isLatestVersion": Field(_IS_LATEST, "truth"),
        "decisionRequirementsId": Field(_file.name),
        "decisionRequirementsKey": Field(_file.id, "key"),
    },
    Definition.id,
)
_LISTS: Final = {PROCESS: PROCESSES, DECISION: DECISIONS}


def _all(programme: str) -> Select[*tuple[Any, ...]]:
    found = (
        select(*_COLUMNS)
        .join(Deployment, Deployment.id == Definition.deployment_id)
        .outerjoin(_file, _file.id == Definition.requirements_id)
    )
    return found.where(Deployment.programme == programme) if programme else found


def page(session: Session, kind: str, search: Search, programme: str = "") -> Found:
    """Processes or decisions of every version, or of one programme's. Published names are no secret."""
    return run(session, _LISTS[kind], _all(programme).where(Definition.kind == kind), search)


def of_key(session: Session, kind: str, key: int, programme: str = "") -> DefinitionRow:
    """The definition with this key; raises NotFound."""
    found = session.execute(_all(programme).where(Definition.kind == kind, Definition.id == key)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def of_deployment(session: Session, deployment_id: int) -> Collection[DefinitionRow]:
    """Everything one deployment defines, in the order of the files."""
    order = (Definition.path, Definition.kind, Definition.id)
    return session.execute(_all("").where(Definition.deployment_id == deployment_id).order_by(*order)).all()


def named(session: Session, kind: str, name: str, *, version: int | None = None, programme: str = "") -> DefinitionRow:
    """The definition of this id, the newest unless a version is asked for.

    Several programmes may have one of the same id: InvalidInput then lists them. Raises NotFound where there is none.
    """
    wanted: ColumnElement[bool] = _IS_LATEST if version is None else Deployment.version == version
    found = session.execute(_all(programme).where(Definition.kind == kind, Definition.name == name, wanted)).all()
    if not found:
        raise NotFound()
    if len(found) > 1:
        homes = "、".join(sorted(row.programme for row in found))
        zh = f"几个专项都有“{name}”：{homes}。请用 /programmes/<专项>/v2 的地址"
        en = f"is in several programmes ({homes}); use the address /programmes/<key>/v2"
        raise InvalidInput(field="id", zh=zh, en=en)
    return found[0]


def content(session: Session, row: DefinitionRow) -> bytes:
    """The file a definition stands in."""
    return session.get_one(DeploymentFile, (row.deployment_id, row.path)).content


def manifest_of(session: Session, row: DefinitionRow) -> Manifest:
    """The manifest of a definition's programme, in the definition's version."""
    return compiled_of(session, row.deployment_id).manifest


def designs(session: Session, actor: Actor, authority: str) -> bool:
    """Whether the actor has the remit of designing for an authority, given by its code."""
    return has_remit(actor, "design", authority_path(session, authority))
