"""Whether a running case may go on under another version of its programme.

The engine compares what its tokens wait for; its procedure, running deadlines and jobs must be there, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from marshmallow import ValidationError, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import InvalidInput, Problem
from service.engine import Renamed, plan
from service.engine.migration import GONE
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.jobs import OPEN, Job

Verdict = Literal["ready", "unmapped", "blocked"]

_RENAMED = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.String()))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What stands in the way of one case; nothing: it may go."""

    problems: tuple[Problem, ...]

    @property
    def verdict(self) -> Verdict:
        """`unmapped`: nothing but ids that the new version does not have, so a mapping may help."""
        if not self.problems:
            return "ready"
        return "unmapped" if all(problem.code == GONE for problem in self.problems) else "blocked"


def read_renamed(text: str) -> Renamed:
    """A mapping file: a table for each process, in it `"old id" = "new id"`. Raises InvalidInput."""
    try:
        found: Renamed = _RENAMED.deserialize(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(field="mapping", zh=f"不是有效的 TOML：{error}", en=f"this is not TOML: {error}") from None
    except ValidationError:
        zh = "应为每个流程一节，节内每行写“旧标识 = 新标识”。"
        raise InvalidInput(field="mapping", zh=zh, en='a table for each process, in it "old id" = "new id"') from None
    return found


def check_renamed(renamed: Renamed, olds: list[CompiledProgramme], new: CompiledProgramme) -> None:
    """Raises InvalidInput unless each id was in one of the old versions, and what it becomes is in the new one."""
    for process, ids in renamed.items():
        before = {id_ for old in olds for id_ in _ids(old, process)}
        after = _ids(new, process)
        for old_id, new_id in ids.items():
            if old_id not in before:
                zh, en = (
                    f"旧版本的流程“{process}”里没有“{old_id}”。",
                    f"no old version has {old_id} in process {process}.",
                )
                raise InvalidInput(field="mapping", zh=zh, en=en)
            if new_id not in after:
                zh, en = f"新版本的流程“{process}”里没有“{new_id}”。", f"the new version has no {new_id} in {process}."
                raise InvalidInput(field="mapping", zh=zh, en=en)


def _ids(programme: CompiledProgramme, process: str) -> set[str]:
    """The nodes and flows of a process."""
    if process not in programme.bundle.processes:
        return set()
    specs = [spec for spec in programme.bundle.specs.values() if spec.process == process]
    flows = {way.flow for scope in specs for node in scope.task_specs.values() for way in node.ways if way.flow}
    return {*programme.bundle.elements(process), *flows}


def judge(session: Session, instance: Instance, deployment_id: int, renamed: Renamed) -> Judgement:
    """What stands between a running case and another version of its programme; reads only."""
    case = session.get_one(Case, instance.case_id)
    old, new = compiled_of(session, instance.deployment_id), compiled_of(session, deployment_id)
    problems = [*_manifest(session, case, new), *_jobs(session, instance, new)]
    if instance.state is not None:
        problems += plan(old.bundle, new.bundle, instance.state, renamed)
    return Judgement(tuple(problems))


def _manifest(session: Session, case: Case, new: CompiledProgramme) -> Iterator[Problem]:
    manifest = new.manifest
    if case.procedure not in manifest.procedures:
        zh, en = f"新版本没有程序“{case.procedure}”。", f"The new version has no procedure “{case.procedure}”."
        yield Problem(manifest.file, case.procedure, "migration-procedure", zh, en)
    running = select(Deadline.name).where(Deadline.case_id == case.id, Deadline.state != "met").distinct()
    for name in sorted(session.scalars(running)):
        if name not in manifest.deadlines:
            zh, en = (
                f"新版本没有正在计算的期限“{name}”。",
                f"The new version has no deadline “{name}”, which is running.",
            )
            yield Problem(manifest.file, f"deadlines.{name}", "migration-deadline", zh, en)


def _jobs(session: Session, instance: Instance, new: CompiledProgramme) -> Iterator[Problem]:
    waiting = select(Job.element, Job.type).where(Job.instance_id == instance.id, Job.state == OPEN)
    for element, type_ in session.execute(waiting):
        if type_ not in new.manifest.jobs:
            zh, en = f"新版本没有外部作业“{type_}”。", f"The new version has no job “{type_}”."
            yield Problem(new.manifest.file, element, "migration-job", zh, en)
