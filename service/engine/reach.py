"""What a move can come to read before the case is read again: the FEEL texts on every way from an element to a wait.

A move starts where a task is completed or a timer fires, and runs until tokens wait for people, time or messages; an
operation is a wait too, because the case is read again after it. The ways are taken generously: what might be
evaluated is included, so that nothing asked for is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from service.engine.model import Node, Scope

Place: TypeAlias = tuple[str, str]  # scope key, element id
WAITS = frozenset({"userTask", "eventBasedGateway", "intermediateCatchEvent", "receiveTask"})
CAUGHT = frozenset({"error", "escalation", "signal"})


@dataclass(slots=True)
class _Graph:
    """Per place: the texts evaluated on arriving and on leaving, and the places control may go on to."""

    arriving: dict[Place, frozenset[str]] = field(default_factory=dict)
    leaving: dict[Place, frozenset[str]] = field(default_factory=dict)
    decisions: dict[Place, str] = field(default_factory=dict)
    onward: dict[Place, list[Place]] = field(default_factory=dict)  # where a token goes when it leaves
    inward: dict[Place, list[Place]] = field(default_factory=dict)  # where it goes on arriving without a wait


@dataclass(frozen=True, slots=True)
class Reach:
    """What is read from one element on: FEEL texts (with their `=`) and decision ids."""

    texts: frozenset[str]
    decisions: frozenset[str]


def reaches(processes: Mapping[str, Scope]) -> dict[tuple[str, str], Reach]:
    """For each (process id, element id) what its completion can read; (process id, "") is the start of the process."""
    graph = _Graph()
    scopes = {scope.key: scope for process in processes.values() for scope in process.scopes()}
    callers = _callers(scopes.values())
    for scope in scopes.values():
        for node in scope.nodes.values():
            _place(graph, scopes, callers, scope, node)
    found = {
        (scope.process, node.id): _closure(graph, (scope.key, node.id))
        for scope in scopes.values()
        for node in scope.nodes.values()
    }
    for process in processes.values():
        found[process.key, ""] = _merged(_arrival(graph, place) for place in _entries(process))
    return found


def _place(
    graph: _Graph, scopes: Mapping[str, Scope], callers: Mapping[str, list[Place]], scope: Scope, node: Node
) -> None:
    place = (scope.key, node.id)
    graph.arriving[place] = frozenset(_texts(_arriving(scope, node)))
    graph.leaving[place] = frozenset(_texts(_leaving(scope, node)))
    if node.kind == "businessRuleTask" and node.called:
        graph.decisions[place] = node.called
    graph.onward[place] = list(_onward(scopes, callers, scope, node))
    graph.inward[place] = list(_inward(scopes, scope, node))


def _arriving(scope: Scope, node: Node) -> Iterator[str | None]:
    yield from (text for text, _ in node.inputs)
    yield from node.work.values()
    if node.event is not None:
        yield node.event.expression
    if node.loop is not None:
        yield node.loop.collection
        yield node.loop.until
    for other in scope.nodes.values():
        if other.attached_to == node.id and other.event is not None:
            yield other.event.expression
    yield from (text for text in (node.job, node.retries) if text)


def _leaving(scope: Scope, node: Node) -> Iterator[str | None]:
    yield from (text for text, _ in node.outputs)
    if node.loop is not None:
        yield node.loop.output_element
        yield node.loop.until
    yield from (flow.condition for flow in scope.flows if flow.source == node.id)


def _texts(found: Iterable[str | None]) -> Iterator[str]:
    return (text for text in found if text and text.startswith("="))


def _onward(
    scopes: Mapping[str, Scope], callers: Mapping[str, list[Place]], scope: Scope, node: Node
) -> Iterator[Place]:
    """Where control may be once the node is left: its flows, its own next turn, what a scope's end leads to."""
    targets = [(scope.key, flow.target) for flow in scope.flows if flow.source == node.id]
    yield from targets
    if node.link is not None:
        yield from ((scope.key, other.id) for other in scope.nodes.values() if other.link == node.link)
    if node.loop is not None:
        yield scope.key, node.id
    if not targets:
        yield from _after_end(callers, scope)
    if node.event is not None and node.event.kind in CAUGHT:
        yield from _catchers(scopes)
    yield from _joins(scope)


def _after_end(callers: Mapping[str, list[Place]], scope: Scope) -> Iterator[Place]:
    outer, _, inner = scope.key.rpartition("/")
    if outer:
        yield _left(outer, inner)
    else:
        yield from (_left(*caller) for caller in callers.get(scope.key, ()))


def _left(key: str, element: str) -> Place:
    """The place as left, not as entered: told apart by a mark that no id has."""
    return key, element + "\0left"


def _inward(scopes: Mapping[str, Scope], scope: Scope, node: Node) -> Iterator[Place]:
    """Where control goes on arriving at once; a message that was kept may be taken at once as well."""
    if node.inner is not None:
        yield from _entries(node.inner)
    if node.kind == "callActivity" and node.called is not None and node.called in scopes:
        yield from _entries(scopes[node.called])
    if _may_go_on(node):
        yield _left(scope.key, node.id)
    for other in scope.nodes.values():
        if other.attached_to == node.id and other.event is not None and other.event.kind == "message":
            yield _left(scope.key, other.id)


def _may_go_on(node: Node) -> bool:
    if node.kind in ("subProcess", "callActivity"):
        return node.loop is not None  # an empty collection passes at once
    if node.kind == "userTask":
        return node.loop is not None
    if node.kind in WAITS:
        return node.event is None or node.event.kind != "timer"
    return node.job is None


def _entries(scope: Scope) -> Iterator[Place]:
    """Where control enters a scope: its starts, and the event sub-processes that begin to listen."""
    for node in scope.nodes.values():
        if node.kind == "startEvent":
            yield scope.key, node.id
        if node.by_event and node.inner is not None:
            yield from ((node.inner.key, start.id) for start in node.inner.starts())


def _catchers(scopes: Mapping[str, Scope]) -> Iterator[Place]:
    for scope in scopes.values():
        for node in scope.nodes.values():
            if node.kind in ("boundaryEvent", "startEvent", "intermediateCatchEvent") and _catches(node):
                yield _left(scope.key, node.id)


def _catches(node: Node) -> bool:
    return node.event is not None and node.event.kind in CAUGHT


def _joins(scope: Scope) -> Iterator[Place]:
    """Inclusive joins are looked at whenever nothing else moves."""
    return (_left(scope.key, node.id) for node in scope.nodes.values() if node.kind == "inclusiveGateway")


def _callers(scopes: Iterable[Scope]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for scope in scopes:
        for node in scope.nodes.values():
            if node.kind == "callActivity" and node.called:
                found.setdefault(node.called, []).append((scope.key, node.id))
    return found


def _closure(graph: _Graph, start: Place) -> Reach:
    return _walk(graph, [_left(*start)])


def _arrival(graph: _Graph, start: Place) -> Reach:
    return _walk(graph, [start])


def _walk(graph: _Graph, starts: Iterable[Place]) -> Reach:
    """Every text on the ways from here; a place is either arrived at or left."""
    texts: set[str] = set()
    decisions: set[str] = set()
    seen: set[Place] = set()
    waiting = list(starts)
    while waiting:
        key, element = waiting.pop()
        if (key, element) in seen:
            continue
        seen.add((key, element))
        place = (key, element.removesuffix("\0left"))
        if element.endswith("\0left"):
            texts |= graph.leaving[place]
            waiting += graph.onward[place]
        else:
            texts |= graph.arriving[place]
            if place in graph.decisions:
                decisions.add(graph.decisions[place])
            waiting += graph.inward[place]
    return Reach(frozenset(texts), frozenset(decisions))


def _merged(found: Iterable[Reach]) -> Reach:
    texts: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    for one in found:
        texts, decisions = texts | one.texts, decisions | one.decisions
    return Reach(texts, decisions)
