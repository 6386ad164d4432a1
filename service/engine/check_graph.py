"""What can be wrong with how nodes are connected: flows, starts, gateways, dead ends, cycles that never wait."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from service.domain.errors import Problem
from service.engine.model import GATEWAYS, Node, Scope
from service.engine.problems import problem

if TYPE_CHECKING:
    from service.engine.check import ScopeCheck

NODES = 1_000  # of one process, its sub-processes included
CHOICES = ("exclusiveGateway", "inclusiveGateway")
WAITS = frozenset({"userTask", "serviceTask", "sendTask", "receiveTask", "eventBasedGateway", "boundaryEvent"})


def check_size(processes: Mapping[str, Scope]) -> list[Problem]:
    """Processes with more nodes than are looked at; nothing else is then asked of the models."""
    counted = {process.key: sum(len(scope.nodes) for scope in process.scopes()) for process in processes.values()}
    return [
        problem(processes[key].file, key, "too-many-nodes", name=processes[key].name, count=count, most=NODES)
        for key, count in counted.items()
        if count > NODES
    ]


def check_flows(check: ScopeCheck) -> None:
    """Both ends of a flow are in the scope; a condition is an expression."""
    for flow in check.scope.flows:
        for end in (flow.source, flow.target):
            if end not in check.scope.nodes:
                check.bad(flow, "dangling-flow", end=end, scope=check.scope.key)
        if flow.condition is not None:
            check.feel(flow, flow.condition, "condition", must=True)


def check_starts(check: ScopeCheck) -> None:
    """A process has one plain start at most, and any number that events trigger."""
    if not check.top:
        return  # said of the sub-process
    starts = check.scope.starts()
    plain = [node for node in starts if node.event is None]
    if not starts:
        check.bad(check.scope, "no-start")
    if len(plain) > 1:
        check.bad(plain[1], "several-starts")


def check_node(check: ScopeCheck, node: Node) -> None:
    """The flows that may enter and leave a node."""
    away, into = check.away.get(node.id, []), check.into.get(node.id, [])
    if node.kind in ("startEvent", "boundaryEvent") and into:
        check.bad(node, "flow-into-start", kind=node.kind)
    if node.kind == "endEvent" and away:
        check.bad(node, "flow-from-end")
    throws_link = node.kind == "intermediateThrowEvent" and node.link is not None
    if not away and node.kind not in ("endEvent", "boundaryEvent") and not node.by_event and not throws_link:
        check.bad(node, "implicit-end", level="warning")
    if node.default and node.default not in [flow.id for flow in away]:
        check.bad(node, "default-flow", flow=node.default)
    conditional = [flow.id for flow in away if flow.condition is not None]
    if conditional and node.kind not in CHOICES:
        gateway = node.kind in GATEWAYS  # elsewhere it runs, but Camunda 8 would refuse it
        check.bad(node, "condition-not-at-gateway", level="error" if gateway else "warning", flow=conditional[0])


def check_choice(check: ScopeCheck, node: Node) -> None:
    """Every flow of a choice has a condition or is the default; an inclusive gateway's may go without (BPMN)."""
    away = check.away.get(node.id, [])
    if len(away) < 2:
        return
    for flow in away:
        if flow.condition is None and flow.id != node.default and node.kind == "exclusiveGateway":
            check.bad(flow, "flow-without-condition", source=node.id, target=flow.target)
    if node.default is None and all(flow.condition is not None for flow in away):
        check.bad(node, "no-default", level="warning")


def check_event_gateway(check: ScopeCheck, node: Node) -> None:
    """Catch events with this one incoming flow follow; no receive tasks, whose boundary events would be lost."""
    away = check.away.get(node.id, [])
    if len(away) < 2:
        check.bad(node, "event-gateway-flows")
    for flow in away:
        target = check.scope.nodes.get(flow.target)
        if target is None:
            continue
        if target.kind == "receiveTask":
            check.bad(target, "event-gateway-receive")
        elif (
            target.kind != "intermediateCatchEvent"
            or len(check.into[target.id]) > 1
            or (target.event is not None and target.event.kind not in ("message", "timer", "signal"))
        ):
            check.bad(target, "event-gateway")


def check_reachable(check: ScopeCheck) -> None:
    """Some path leads to every node."""
    scope = check.scope
    seen: set[str] = set()
    todo = [n.id for n in scope.nodes.values() if n.kind == "startEvent" or n.by_event]
    while todo:
        at = todo.pop()
        if at not in seen and at in scope.nodes:
            seen.add(at)
            todo += _next(scope, scope.nodes[at])
            todo += [n.id for n in scope.nodes.values() if n.attached_to == at]
    for node in scope.nodes.values():
        if node.id not in seen:
            check.bad(node, "unreachable")


def _next(scope: Scope, node: Node) -> list[str]:
    """Where a token goes from a node, links included."""
    out = [flow.target for flow in scope.flows if flow.source == node.id]
    if node.kind == "intermediateThrowEvent" and node.link is not None:
        out += [n.id for n in scope.nodes.values() if n.kind == "intermediateCatchEvent" and n.link == node.link]
    return out


def check_cycles(processes: Mapping[str, Scope], problems: list[Problem]) -> None:
    """No cycle of nodes that never wait: it would go round for ever inside one command."""
    passes = _passing(processes)
    for process in processes.values():
        for scope in process.scopes():
            among = {n.id for n in scope.nodes.values() if not _waits(n, passes) and not _joins(scope, n)}
            cycle = _cycle(scope, among)
            if cycle:
                at = scope.nodes[cycle[0]]
                path = " → ".join((*cycle, cycle[0]))
                problems.append(problem(scope.file, at.id, "endless-cycle", name=at.name, line=at.line, path=path))


def _waits(node: Node, passes: Collection[str | None]) -> bool:
    """Whether a token always stops at this node; `passes`: keys of scopes one can run through without stopping."""
    if node.kind in WAITS or node.job is not None:
        return True
    if node.kind == "intermediateCatchEvent":
        return node.link is None
    if node.kind == "callActivity":
        return node.called not in passes
    if node.kind == "subProcess":
        return node.inner is None or node.inner.key not in passes
    return False


def _joins(scope: Scope, node: Node) -> bool:
    """A join may wait for another token; whether it goes round for ever shows only when it runs."""
    joining = node.kind in ("parallelGateway", "inclusiveGateway")
    return joining and sum(flow.target == node.id for flow in scope.flows) > 1


def _passing(processes: Mapping[str, Scope]) -> set[str | None]:
    """Keys of the scopes that can be run through without waiting anywhere; grows until it is stable."""
    scopes = [scope for process in processes.values() for scope in process.scopes()]
    passes: set[str | None] = set()
    while True:
        more = {scope.key for scope in scopes if scope.key not in passes and _runs_through(scope, passes)}
        if not more:
            return passes
        passes |= more


def _runs_through(scope: Scope, passes: set[str | None]) -> bool:
    seen: set[str] = set()
    todo = [node.id for node in scope.starts()]
    while todo:
        at = todo.pop()
        node = scope.nodes.get(at)
        if node is None or at in seen or (node.kind != "startEvent" and _waits(node, passes)):
            continue
        seen.add(at)
        following = _next(scope, node)
        if not following:
            return True
        todo += following
    return False


def _cycle(scope: Scope, among: set[str]) -> list[str]:
    """A cycle through these nodes, beginning with the node drawn first; empty if there is none."""
    order = list(scope.nodes)
    state: dict[str, int] = {}
    for first in order:
        if first not in among or state.get(first):
            continue
        path: list[str] = []
        stack: list[tuple[str, list[str]]] = [(first, [])]
        while stack:
            at, rest = stack[-1]
            if state.get(at) is None:
                state[at] = 1
                path.append(at)
                rest.extend(n for n in _next(scope, scope.nodes[at]) if n in among)
            if not rest:
                state[at] = 2
                path.pop()
                stack.pop()
                continue
            to = rest.pop()
            if state.get(to) == 1:
                found = path[path.index(to) :]
                start = min(range(len(found)), key=lambda index: order.index(found[index]))
                return found[start:] + found[:start]
            if state.get(to) is None:
                stack.append((to, []))
    return []
