"""Which places of a process may hold tokens of one run at the same time: what a return must not take away.

Two places are beside each other where they lie in different branches of one fork, before any place that several of its
branches lead to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from service.engine.gateways import InclusiveGateway, ParallelGateway
from service.engine.model import ACTIVITIES, EVENTS, Way
from service.engine.spiff import START, NodeSpec, ProcessSpec


class Branch(NamedTuple):
    """The names and the flows of one branch."""

    names: frozenset[str]
    flows: frozenset[str]


class Fork(NamedTuple):
    """The branches of a fork, and the places that every run passes before it."""

    branches: tuple[Branch, ...]
    before: frozenset[str]


def beside(process: ProcessSpec, one: str, other: str, *, flow: str | None = None) -> bool:
    """Whether a token at `other` is in another branch than the place `one`; `flow`: it waits there for its join."""
    for fork in _forks(process):
        if one in fork.before:
            continue  # whatever is in its branches came through that place
        for mine in (branch for branch in fork.branches if one in branch.names):
            if any(flow in b.flows if flow is not None else other in b.names for b in fork.branches if b is not mine):
                return True
    return False


def enters(process: ProcessSpec, source: str, target: str) -> bool:
    """Whether going from one place to the other leads into a branch: its fork's other branches would be missing."""
    return any(
        target in branch.names and source not in branch.names
        for fork in _forks(process)
        if target not in fork.before
        for branch in fork.branches
    )


@lru_cache(maxsize=2048)
def _forks(process: ProcessSpec) -> tuple[Fork, ...]:
    before = _passed_before(process)
    return tuple(
        Fork(tuple(_parted(process, branches, spec.name)), before[spec.name])
        for spec in process.task_specs.values()
        if len(branches := list(_branches(spec))) > 1
    )


def _branches(spec: NodeSpec) -> Iterator[list[Way]]:
    """The ways of a node that may be taken together; those that exclude each other are one branch."""
    if spec.group:
        specs = spec.process.task_specs
        aside = [way for way in spec.ways if specs[way.target].beside and not specs[way.target].node.interrupting]
        yield [way for way in spec.ways if way not in aside]
        yield from ([way] for way in aside)
    elif isinstance(spec, ParallelGateway | InclusiveGateway) or spec.node.kind in ACTIVITIES | EVENTS:
        yield from ([way] for way in spec.ways)


def _parted(process: ProcessSpec, branches: list[list[Way]], fork: str) -> Iterator[Branch]:
    """Each branch as far as it is its own."""
    reached = [_reach(process, branch, frozenset({fork})).names for branch in branches]
    for here, branch in enumerate(branches):
        others = frozenset().union(*(names for there, names in enumerate(reached) if there != here))
        yield _reach(process, branch, others | {fork})


def _reach(process: ProcessSpec, ways: Iterable[Way], without: frozenset[str]) -> Branch:
    names: set[str] = set()
    flows: set[str] = set()
    todo = list(ways)
    while todo:
        way = todo.pop()
        if way.flow is not None:
            flows.add(way.flow)
        if way.target not in names and way.target not in without:
            names.add(way.target)
            todo += process.task_specs[way.target].ways
    return Branch(frozenset(names), frozenset(flows))


def _passed_before(process: ProcessSpec) -> dict[str, frozenset[str]]:
    """For every node its dominators: what every way from the start to it passes, itself included."""
    back: dict[str, list[str]] = {name: [] for name in process.task_specs}
    for spec in process.task_specs.values():
        for way in spec.ways:
            back[way.target].append(spec.name)
    everything = frozenset(back)
    found = {name: everything if sources else frozenset({name}) for name, sources in back.items()}
    found[START] = frozenset({START})
    moved = True
    while moved:
        moved = False
        for name, sources in back.items():
            now = frozenset.intersection(*(found[source] for source in sources)) | {name} if sources else found[name]
            if now != found[name]:
                found[name], moved = now, True
    return found
