"""Publish a programme: checked as a whole, frozen under one digest, a new version only if something changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from service.commands import definitions, start_events
from service.commands.remits import require_remit
from service.commands.trail import note
from service.domain.errors import Conflict, DeploymentRefused, Problem
from service.operations import CATALOGUE
from service.programmes.check import check_programme
from service.programmes.closure import freeze
from service.programmes.compiled import compiled_of
from service.store import deployments
from service.store.deployments import Deployment
from service.store.unit_of_work import UnitOfWork

#: how many programmes' files a process remembers as checked; what is published again is not checked again
CHECKED: Final = 8


class NewerVersion(Conflict):
    """Somebody published while this was being made: what they changed would be lost."""

    code = "newer-version"
    zh = "这个专项刚刚发布了新的版本，没有发布您的文件。请取出新版本，在它上面修改后再发布。"
    en = "A newer version of this programme has just been published; your files were not. Take it out and change that."


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication gave: the deployment, its version, and whether anything was new."""

    deployment_id: int
    programme: str
    version: int
    changed: bool


def publish(work: UnitOfWork, files: Mapping[str, bytes], programme: str, *, base: int | None = None) -> Published:
    """Check and publish the programme in `files`; running cases keep the version they started with.

    `base` is the deployment that `files` were read from, where only some of them are new. Raises DeploymentRefused
    with every problem by file and element, NotFound for a programme of an authority the actor does not design for,
    NewerVersion where `base` is no longer the newest; then nothing is published.
    """
    errors = _errors(tuple(sorted(files.items())), programme)
    if errors:
        raise DeploymentRefused(errors)
    closure = freeze(files, programme)
    require_remit(work, "design", code=closure.manifest.authority)
    if base is not None:
        deployments.lock(work.session, base)
    newest = deployments.newest(work.session, programme)
    if base is not None and newest != base:
        raise NewerVersion()
    if newest is not None:  # nor is a programme taken over by naming another authority in its manifest
        require_remit(work, "design", code=compiled_of(work.session, newest).manifest.authority)
        present = work.session.get_one(Deployment, newest)
        if present.digest == closure.digest:
            return Published(newest, programme, present.version, changed=False)
    row = deployments.add(work, programme, closure.digest, closure.files, {"name": closure.manifest.name})
    compiled = compiled_of(work.session, row.id)
    definitions.register(work.session, compiled, row.id)
    start_events.register(work, compiled, row.id)
    details = {"version": row.version, "digest": closure.digest, "files": sorted(closure.files)}
    note(work, "programme-published", "deployment", row.id, {"programme": programme, **details})
    return Published(row.id, programme, row.version, changed=True)


@lru_cache(maxsize=CHECKED)
def _errors(files: tuple[tuple[str, bytes], ...], programme: str) -> tuple[Problem, ...]:
    problems = check_programme(dict(files), programme, operations=CATALOGUE.keys())
    return tuple(problem for problem in problems if problem.level == "error")
