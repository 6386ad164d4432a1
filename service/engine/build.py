"""Model → task specs, directly: what was checked is what runs, with no parser of the library in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from service.domain.errors import Problem
from service.engine.activities import CallActivity, Decision, Job, Pass, SubProcess, UserTask
from service.engine.events import Boundary, Catch, EventSubStart, Host, ReceiveTask
from service.engine.gateways import EventGateway, ExclusiveGateway, InclusiveGateway, Join, ParallelGateway
from service.engine.loops import MultiInstance
from service.engine.model import Node, Scope, Way
from service.engine.problems import problem
from service.engine.spiff import START, NodeSpec, ProcessSpec
from service.engine.starts import Begin, EventStart
from service.engine.throws import Throw, ThrowJob

SPECS: dict[str, type[NodeSpec]] = {
    "startEvent": Pass,
    "task": Pass,
    "manualTask": Pass,
    "userTask": UserTask,
    "serviceTask": Job,
    "sendTask": Job,
    "receiveTask": ReceiveTask,
    "businessRuleTask": Decision,
    "callActivity": CallActivity,
    "subProcess": SubProcess,
    "exclusiveGateway": ExclusiveGateway,
    "inclusiveGateway": InclusiveGateway,
    "parallelGateway": ParallelGateway,
    "eventBasedGateway": EventGateway,
    "intermediateCatchEvent": Catch,
    "boundaryEvent": Boundary,
    "intermediateThrowEvent": Throw,
    "endEvent": Throw,
}


def build(processes: Mapping[str, Scope]) -> dict[str, ProcessSpec]:
    """The specification of every process and sub-process, by the scope's key."""
    return {scope.key: _scope(scope) for process in processes.values() for scope in process.scopes()}


def host(node_id: str) -> str:
    """The name of what stands before an activity with boundary events."""
    return f"{node_id}~host"


def turn(node_id: str) -> str:
    """The name of what a loop runs once per item."""
    return f"{node_id}~turn"


def start(node_id: str) -> str:
    """The name of what waits for an event sub-process to begin."""
    return f"{node_id}~start"


def _scope(scope: Scope) -> ProcessSpec:
    process = ProcessSpec(scope.key, scope.name, scope.file)
    hosted = {node.attached_to for node in scope.nodes.values() if node.attached_to is not None}
    for node in scope.nodes.values():
        spec = _node(process, scope, node)
        spec.lead(_ways(scope, node, hosted))
        if isinstance(spec, Join):
            spec.incoming = tuple(flow.id for flow in scope.flows if flow.target == node.id)
            spec.joins = len(spec.incoming) > 1
        if isinstance(spec, InclusiveGateway):
            spec.reach = {f.id: _sources(scope, f.source, node.id) for f in scope.flows if f.target == node.id}
        if node.by_event and node.inner is not None:
            waits = EventSubStart(process, start(node.id), node.inner.starts()[0])
            waits.lead([Way(None, node.id)])
    for node_id in sorted(hosted):
        before = Host(process, host(node_id), scope.nodes[node_id])
        beside = (n.id for n in scope.nodes.values() if n.attached_to == node_id)
        before.lead([Way(None, node_id), *(Way(None, other) for other in beside)])
    process.start = _start(process, scope)
    process.connect()
    return process


def _start(process: ProcessSpec, scope: Scope) -> Begin:
    starts = scope.starts()
    spec = Begin(process, START, starts[0])
    spec.by_element = {node.id: Way(None, node.id) for node in starts}
    plain = [node.id for node in starts if node.event is None] or ([starts[0].id] if len(starts) == 1 else [])
    spec.plain = plain[0] if plain else None
    spec.beside_start = tuple(Way(None, start(node.id)) for node in scope.nodes.values() if node.by_event)
    spec.lead((*spec.by_element.values(), *spec.beside_start))
    return spec


def _ways(scope: Scope, node: Node, hosted: set[str]) -> tuple[Way, ...]:
    if node.link is not None and node.kind == "intermediateThrowEvent":
        catches = (n for n in scope.nodes.values() if n.kind == "intermediateCatchEvent" and n.link == node.link)
        return tuple(Way(None, catch.id) for catch in catches)
    return tuple(
        Way(flow.id, host(flow.target) if flow.target in hosted else flow.target, flow.condition)
        for flow in scope.flows
        if flow.source == node.id
    )


def _node(process: ProcessSpec, scope: Scope, node: Node) -> NodeSpec:
    if node.loop is None:
        return _plain(process, scope, node, node.id)
    _plain(process, scope, node, turn(node.id))
    return MultiInstance(process, node.id, node, turn(node.id), node.loop)


def _plain(process: ProcessSpec, scope: Scope, node: Node, name: str) -> NodeSpec:
    cls = SPECS[node.kind]
    if node.kind == "startEvent" and node.event is not None:
        if "/" in scope.key:
            node = replace(node, inputs=[], outputs=[])  # an event sub-process: mapped when the event came
        else:
            cls = EventStart
    if node.kind == "intermediateCatchEvent" and node.link is not None:
        cls = Pass
    elif cls is Throw and node.job:
        cls = ThrowJob
    spec = cls(process, name, node, manual=True) if cls is UserTask else cls(process, name, node)
    if isinstance(spec, CallActivity):
        spec.inner = node.called or ""
    elif isinstance(spec, SubProcess) and node.inner is not None:
        spec.inner = node.inner.key
    return spec


def _sources(scope: Scope, last: str, without: str) -> frozenset[str]:
    """Names from which a token can come to `last` without passing `without`.

    A token at an activity reaches what its boundary events lead to only while these still wait, which shows when it
    runs; so the activity is not named for their sake, but whatever leads to the activity is.
    """
    back: dict[str, list[str]] = {}
    for flow in scope.flows:
        back.setdefault(flow.target, []).append(flow.source)
    throws = [n for n in scope.nodes.values() if n.kind == "intermediateThrowEvent" and n.link is not None]
    for node in scope.nodes.values():
        if node.kind == "intermediateCatchEvent" and node.link is not None:
            back.setdefault(node.id, []).extend(t.id for t in throws if t.link == node.link)
    seen: set[str] = set()
    entered: set[str] = set()  # those that a token still has to enter
    todo = [last]
    while todo:
        at = todo.pop()
        if at in seen or at == without:
            continue
        seen.add(at)
        hosting = scope.nodes[at].attached_to
        if hosting is not None and hosting not in entered and hosting != without:
            entered.add(hosting)
            todo += back.get(hosting, [])
        todo += back.get(at, [])
    return frozenset(seen)


def check_built(processes: Mapping[str, Scope], specs: Mapping[str, ProcessSpec]) -> list[Problem]:
    """The guard against silent drops: every node is in the built specs, and every flow leaves its node there."""
    out: list[Problem] = []
    for process in processes.values():
        for scope in process.scopes():
            built = specs[scope.key].task_specs
            flows = {way.flow for spec in built.values() for way in spec.ways}
            out += [
                problem(scope.file, node.id, "lost", name=node.name, line=node.line)
                for node in scope.nodes.values()
                if node.id not in built
            ]
            out += [
                problem(scope.file, flow.id, "lost", line=flow.line) for flow in scope.flows if flow.id not in flows
            ]
    return out
