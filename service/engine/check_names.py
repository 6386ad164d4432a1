"""Warnings of variables that nothing sets: a misspelt name is null, and null takes the default flow without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.domain.errors import Problem
from service.engine.expressions import GIVEN, Expressions
from service.engine.model import Flow, Node, Scope
from service.engine.problems import problem

LOOP = frozenset(
    {
        "loopCounter",
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
        "numberOfTerminatedInstances",
    }
)
AT_START = frozenset({"case_id"})  # every instance is started with the id of its case


def check_names(processes: Mapping[str, Scope], expressions: Expressions, problems: list[Problem]) -> None:
    """Warn of names that an expression reads and no mapping, result or loop of these models sets.

    What a caller gives at the start, and results that propagate without a mapping, cannot be seen here: so a warning.
    """
    known: set[str] = {*GIVEN, *LOOP, *AT_START, *expressions.functions}
    scopes = [scope for process in processes.values() for scope in process.scopes()]
    for scope in scopes:
        for node in scope.nodes.values():
            known.update(_set_by(node))
    said: dict[tuple[str, str], Problem] = {}  # once in a file is enough
    for scope in scopes:
        for at, text in _read_in(scope):
            for name in _names(expressions, text) - known:
                said.setdefault(
                    (scope.file, name),
                    problem(scope.file, at.id, "never-set", name=at.name, line=at.line, level="warning", id=name),
                )
    problems += [said[key] for key in sorted(said)]


def _names(expressions: Expressions, text: str) -> frozenset[str]:
    """The names an expression reads for sure; those in a filter may be members of its rows."""
    if not text.startswith("=") or text not in expressions:
        return frozenset()
    found = expressions[text]
    return found.names - found.ambiguous


def _set_by(node: Node) -> Iterator[str]:
    yield from (target.split(".", 1)[0] for _, target in (*node.inputs, *node.outputs))
    if node.result:
        yield node.result
    if node.loop is not None:
        yield from filter(None, (node.loop.element, node.loop.output, node.loop.own))


def _read_in(scope: Scope) -> Iterator[tuple[Node | Flow, str]]:
    for flow in scope.flows:
        if flow.condition is not None:
            yield flow, flow.condition
    for node in scope.nodes.values():
        for text in _texts(node):
            if text is not None:
                yield node, text


def _texts(node: Node) -> Iterator[str | None]:
    """Its expressions but for output mappings, which read results."""
    yield from (source for source, _ in node.inputs)
    yield from node.work.values()
    if node.event is not None:
        yield node.event.expression
    if node.loop is not None:
        yield node.loop.collection
        yield node.loop.until
