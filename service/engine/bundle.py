"""One deployment, compiled: immutable, shared by all its instances and threads, cached by the caller."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from service.domain.errors import DeploymentRefused, Problem
from service.engine.build import build, check_built
from service.engine.check import check
from service.engine.check_graph import check_size
from service.engine.check_soundness import check_soundness
from service.engine.expressions import GIVEN, Expressions
from service.engine.model import Scope
from service.engine.problems import problem
from service.engine.reach import reaches
from service.engine.read import read
from service.engine.spiff import ProcessSpec
from service.engine.starts import StartEvent, event_starts

if TYPE_CHECKING:
    from service.dmn import DecisionModel


Paths: TypeAlias = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process of the bundle, for lists and pages."""

    id: str
    name: str
    file: str
    documentation: str
    version: str
    starts: tuple[StartEvent, ...] = ()  # start events with a trigger


@dataclass(frozen=True, slots=True)
class ElementInfo:
    """A flow node of a process, inside sub-processes too; `kind` is the BPMN element's name."""

    id: str
    name: str
    kind: str
    lane: str | None
    properties: Mapping[str, str]
    form: str | None
    decision: str | None
    operation: str | None
    process: str  # that it stands in
    documentation: str
    called: str | None  # process called by a call activity
    event: str | None = None  # what it waits for or throws: timer, message, signal …


@dataclass(frozen=True)
class Bundle:
    """The compiled models of one deployment."""

    key: str  # eight hex digits; a state names the bundle it belongs to
    processes: Mapping[str, ProcessInfo]
    decisions: Mapping[str, DecisionModel]
    warnings: tuple[Problem, ...]
    specs: Mapping[str, ProcessSpec] = field(repr=False)
    expressions: Expressions = field(repr=False)
    _elements: Mapping[str, Mapping[str, ElementInfo]] = field(repr=False)
    _reach: Mapping[tuple[str, str], Paths] = field(repr=False)

    def paths(self, process_id: str, element: str | None = None) -> Paths:
        """Static paths under `case` and `lookup` that can be read once the element is completed, before the next wait.

        Completed, fired or tried again; without an element: once the process is started. KeyError for no such place.
        """
        return self._reach[process_id, element or ""]

    @cached_property
    def all_paths(self) -> Paths:
        """What anything in the bundle can read."""
        return frozenset(path for paths in self._reach.values() for path in paths)

    def elements(self, process_id: str) -> Mapping[str, ElementInfo]:
        """The flow nodes of a process by id. KeyError if there is no such process."""
        return self._elements[process_id]


def compile_bundle(
    files: Mapping[str, bytes],
    *,
    decisions: Mapping[str, DecisionModel],
    functions: Iterable[str],
    operations: Collection[str] | None,
    forms: Collection[str] | None,
) -> Bundle:
    """Compile the `.bpmn` files. `operations` or `forms` None: not checked.

    Raises DeploymentRefused with every problem found, not only the first.
    """
    processes, problems, expressions = _checked(files, decisions, functions, operations=operations, forms=forms)
    errors = [found for found in problems if found.level == "error"]
    if errors:
        raise DeploymentRefused(errors)
    specs = build(processes)
    lost = check_built(processes, specs)
    if lost:
        raise DeploymentRefused(lost)
    return Bundle(
        key=_key(files, decisions),
        processes={
            id_: ProcessInfo(id_, scope.name, scope.file, scope.documentation, scope.version, event_starts(scope))
            for id_, scope in processes.items()
        },
        decisions=dict(decisions),
        warnings=tuple(problems),
        specs=specs,
        expressions=expressions,
        _elements={id_: _elements(scope) for id_, scope in processes.items()},
        _reach=_paths(processes, decisions, expressions),
    )


def check_files(
    files: Mapping[str, bytes],
    *,
    decisions: Mapping[str, DecisionModel],
    functions: Iterable[str],
    operations: Collection[str] | None,
    forms: Collection[str] | None,
    procedures: Collection[str] | None = None,
) -> list[Problem]:
    """Everything `compile_bundle` would find, warnings too; and where that is no error, what could stop a case.

    Whether the models are sound is asked when they are published and never again: what runs must go on to run.
    `procedures` may begin by an event (None: any process).
    """
    known = {"operations": operations, "forms": forms, "procedures": procedures}
    processes, problems, _ = _checked(files, decisions, functions, **known)
    if not any(found.level == "error" for found in problems):
        problems += check_soundness(processes)
    return problems


def _checked(
    files: Mapping[str, bytes],
    decisions: Mapping[str, DecisionModel],
    functions: Iterable[str],
    *,
    operations: Collection[str] | None,
    forms: Collection[str] | None,
    procedures: Collection[str] | None = None,
) -> tuple[dict[str, Scope], list[Problem], Expressions]:
    diagrams = {name: data for name, data in files.items() if name.endswith(".bpmn")}
    processes, problems = read(diagrams)
    if not processes and not problems:
        problems.append(problem(next(iter(files), "?"), "?", "no-process"))
    expressions = Expressions(functions)
    if too_large := check_size(processes):
        return processes, [*problems, *too_large], expressions
    problems += check(
        processes, expressions, decisions=decisions, operations=operations, forms=forms, procedures=procedures
    )
    return processes, problems, expressions


def _key(files: Mapping[str, bytes], decisions: Mapping[str, DecisionModel]) -> str:
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        if name.endswith(".bpmn"):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    for id_, model in sorted(decisions.items()):
        digest.update(f"{id_}\0{model.digest}\0".encode())
    return digest.hexdigest()[:8]


def _elements(process: Scope) -> dict[str, ElementInfo]:
    return {
        node.id: ElementInfo(
            node.id,
            node.name,
            node.kind,
            node.lane,
            dict(node.properties),
            node.work.get("formId"),
            node.called if node.kind == "businessRuleTask" else None,
            node.job,
            process.process,
            node.documentation,
            node.called if node.kind == "callActivity" else None,
            None if node.event is None else node.event.kind,
        )
        for scope in process.scopes()
        for node in scope.nodes.values()
    }


def _paths(
    processes: Mapping[str, Scope], decisions: Mapping[str, DecisionModel], expressions: Expressions
) -> dict[tuple[str, str], Paths]:
    """The static paths that each place's reach reads, in its texts and in its decisions."""
    found = {}
    for place, reach in reaches(processes).items():
        paths = {path for text in reach.texts if text in expressions for path in expressions[text].paths}
        paths |= {path for id_ in reach.decisions for path in decisions[id_].decisions[id_].paths}
        found[place] = frozenset(path for path in paths if path and path[0] in GIVEN)
    return found
