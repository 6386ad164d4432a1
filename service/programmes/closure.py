"""Finds exactly the files a programme's procedures reach, and freezes them under one digest.

A name is looked for in the programme's own folder first, then in `common/`. What nothing reaches is left out of the
snapshot: editing a common stage gives new versions only to the programmes that use it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from service.domain.errors import DeploymentRefused, Problem
from service.programmes.folder import COMMON
from service.programmes.manifest import FILE_NAME, Manifest, read_manifest
from service.programmes.scan import (
    ProcessUse,
    kind_of,
    letter_id,
    scan_decisions,
    scan_form,
    scan_processes,
)


@dataclass(frozen=True)
class Closure:
    """An immutable snapshot of a programme; `files` are in path order and hold nothing that is not used."""

    manifest: Manifest
    files: Mapping[str, bytes]
    processes: Mapping[str, ProcessUse]
    forms: Mapping[str, str]  # id → path
    decisions: Mapping[str, str]
    letters: Mapping[str, str]
    orphans: tuple[str, ...] = ()  # own files that nothing reaches; not part of the snapshot

    @property
    def key(self) -> str:
        """The programme's key."""
        return self.manifest.key

    @cached_property
    def digest(self) -> str:
        """SHA-256 over every path and content, in path order; equal if and only if the snapshots are equal."""
        total = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            total.update(f"{len(path)}:{path}:{hashlib.sha256(content).hexdigest()}\n".encode())
        return total.hexdigest()


@dataclass
class _Index:
    """Where each name is defined among the files; the programme's own files win."""

    processes: dict[str, ProcessUse] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def resolve(files: Mapping[str, bytes], key: str) -> tuple[Closure, tuple[Problem, ...]]:
    """The closure of programme `key` in `files`, and everything that is missing or defined twice.

    Files of other programmes are ignored. Resolving the files of a closure gives the same closure again.
    Raises DeploymentRefused where there is no readable manifest.
    """
    path = f"bpmn/{key}/{FILE_NAME}"
    if path not in files:
        zh, en = f"缺少 {path}。", f"{path} is missing."
        raise DeploymentRefused([Problem(path, "", "manifest-missing", zh, en)])
    manifest = read_manifest(files[path], file=path)
    index = _index({name: files[name] for name in _ordered(files, key)})
    return _Reach(manifest, files, index).closure()


def freeze(files: Mapping[str, bytes], key: str) -> Closure:
    """The closure, or DeploymentRefused with every error `resolve` found."""
    closure, problems = resolve(files, key)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise DeploymentRefused(errors)
    return closure


def _ordered(files: Iterable[str], key: str) -> list[str]:
    """Own files first, then common ones, each in path order: the first that defines a name is the one."""
    ranks = {key: 0, COMMON: 1}
    known = [path for path in files if kind_of(path) and path.split("/")[1] in ranks]
    return sorted(known, key=lambda path: (ranks[path.split("/")[1]], path))


def _index(files: Mapping[str, bytes]) -> _Index:
    index = _Index()
    for path, content in files.items():
        kind = kind_of(path)
        if kind == "process":
            _index_processes(index, path, content)
        elif kind == "decision":
            ids, problems = scan_decisions(content, path)
            index.problems += problems
            for decision in ids:
                _define(index, index.decisions, decision, path)
        elif kind == "form":
            form, problems = scan_form(content, path)
            index.problems += problems
            if form:
                _define(index, index.forms, form, path)
        elif kind == "letter":
            _define(index, index.letters, letter_id(path), path)
    return index


def _index_processes(index: _Index, path: str, content: bytes) -> None:
    processes, problems = scan_processes(content, path)
    index.problems += problems
    homes = {process.id: process.file for process in index.processes.values()}
    for process in processes:
        _define(index, homes, process.id, path)
        index.processes.setdefault(process.id, process)


def _define(index: _Index, homes: dict[str, str], name: str, path: str) -> None:
    first = homes.setdefault(name, path)
    if first != path and first.split("/")[1] == path.split("/")[1]:
        zh, en = f"“{name}”已在 {first} 中定义。", f"“{name}” is already defined in {first}."
        index.problems.append(Problem(path, name, "defined-twice", zh, en))


class _Reach:
    """One walk from the procedures to everything they name."""

    def __init__(self, manifest: Manifest, files: Mapping[str, bytes], index: _Index) -> None:
        self.manifest = manifest
        self.files = files
        self.index = index
        self.processes: dict[str, ProcessUse] = {}
        self.forms: dict[str, str] = {}
        self.decisions: dict[str, str] = {}
        self.letters: dict[str, str] = {}
        self.problems: list[Problem] = []

    def closure(self) -> tuple[Closure, tuple[Problem, ...]]:
        place, uses = self.manifest.file, self.manifest.uses
        for procedure in self.manifest.procedures:
            self._process(procedure, place, f"procedures.{procedure}", "")
        for process in uses.processes:
            self._process(process, place, "uses.processes", "")
        self._take(uses.forms, uses.decisions, uses.letters, Place(place, "uses"))
        paths = {place, *self.forms.values(), *self.decisions.values(), *self.letters.values()}
        paths |= {process.file for process in self.processes.values()}
        closure = Closure(
            manifest=self.manifest,
            files=MappingProxyType({path: bytes(self.files[path]) for path in sorted(paths)}),
            processes=MappingProxyType(self.processes),
            forms=MappingProxyType(self.forms),
            decisions=MappingProxyType(self.decisions),
            letters=MappingProxyType(self.letters),
            orphans=self._orphans(paths),
        )
        return closure, (*self._unreadable(paths), *self.problems)

    def _process(self, process_id: str, file: str, element: str, name: str) -> None:
        if process_id in self.processes:
            return
        process = self.index.processes.get(process_id)
        if process is None:
            self._missing(Place(file, element, name), "process", process_id)
            return
        self.processes[process_id] = process
        # a file is taken whole, so what its other processes name is needed too
        for other in self.index.processes.values():
            if other.file == process.file:
                self._process(other.id, other.file, other.id, other.name)
        for use in process.elements:
            place = Place(use.file, use.id, use.name, use.line)
            self._take(_given(use.form), _given(use.decision), use.letters, place)
            if use.called:
                self._process(use.called, use.file, use.id, use.name)

    def _take(self, forms: Iterable[str], decisions: Iterable[str], letters: Iterable[str], place: Place) -> None:
        wanted = (
            ("form", forms, self.index.forms, self.forms),
            ("decision", decisions, self.index.decisions, self.decisions),
            ("letter", letters, self.index.letters, self.letters),
        )
        for kind, names, known, taken in wanted:
            for name in names:
                if name in known:
                    taken[name] = known[name]
                else:
                    self._missing(place, kind, name)

    def _missing(self, place: Place, kind: str, name: str) -> None:
        what = {"process": "流程", "form": "表单", "decision": "决策", "letter": "文书"}[kind]
        self.problems.append(
            Problem(
                file=place.file,
                element=place.element,
                name=place.name,
                line=place.line,
                code=f"{kind}-missing",
                zh=f"找不到{what}“{name}”：本专项和 common 中都没有。",
                en=f"The {kind} “{name}” is missing, both in the programme and in common.",
            )
        )

    def _orphans(self, used: set[str]) -> tuple[str, ...]:
        own = (path for path in self.files if kind_of(path) and path.split("/")[1] == self.manifest.key)
        return tuple(sorted(path for path in own if path not in used))

    def _unreadable(self, used: set[str]) -> list[Problem]:
        """Problems of indexing that concern this programme: in its own files, or in a common file it uses."""
        own = self.manifest.key
        return [p for p in self.index.problems if p.file in used or p.file.split("/")[1] == own]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name stands that has to be found."""

    file: str
    element: str
    name: str = ""
    line: int = 0


def _given(name: str) -> tuple[str, ...]:
    return (name,) if name else ()
