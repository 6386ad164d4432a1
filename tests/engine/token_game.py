"""A second, tiny interpreter of BPMN: the token game over markings, without time, data or storage. Only for comparison.

A scope is (active, waiting, armed): active things (node, boundary armed, turns left, inner scope or None), tokens
waiting at joins {flow: count}, and whether its event sub-process still waits. Where BPMN leaves an order open (several
inclusive joins ready at once, several equal instances of one task), every outcome is kept: a command maps a set of
scopes to a set of scopes; `TROUBLE` stands for an incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

Scope = tuple[Any, ...]
Outcome = Any  # a Scope, or TROUBLE
Edge = tuple[str, str]
Condition = tuple[str, int]
Change = Callable[["Net", Scope, "int | None"], "set[Outcome] | None"]

TROUBLE: Final = "trouble"
BUDGET = 600


@dataclass
class Net:
    """One scope of a diagram."""

    kind: dict[str, str] = field(default_factory=dict)  # node → start end terminate user task xor and or sub on
    flows: dict[Edge, Condition | None] = field(default_factory=dict)
    default: dict[str, Edge] = field(default_factory=dict)
    boundary: dict[str, tuple[str, bool]] = field(default_factory=dict)  # activity → (event, interrupting)
    turns: dict[str, int] = field(default_factory=dict)  # user task → parallel turns
    inner: dict[str, Net] = field(default_factory=dict)
    event: tuple[str, bool, Net] | None = None  # event sub-process

    def out(self, node: str) -> list[Edge]:
        return [flow for flow in self.flows if flow[0] == node]

    def into(self, node: str) -> list[Edge]:
        return [flow for flow in self.flows if flow[1] == node]

    def below(self, node: str) -> Net:
        return self.event[2] if self.event is not None and node == self.event[0] else self.inner[node]


def holds(condition: Condition, k: int) -> bool:
    sign, number = condition
    return {"<": k < number, ">": k > number, "=": k == number}[sign]


def freeze(active: Iterable[Any], waiting: dict[Edge, int], armed: bool) -> Scope:
    kept = tuple(sorted((flow, count) for flow, count in waiting.items() if count))
    return (tuple(sorted(active, key=repr)), kept, armed)


def empty(scope: Scope) -> bool:
    return not scope[0] and not scope[1]


def begin(net: Net, k: int) -> set[Outcome]:
    """All scopes a fresh start may come to rest in."""
    start = next(node for node, kind in net.kind.items() if kind == "start")
    return move(net, freeze([], {}, net.event is not None), leave(net, start, k), k)


def leave(net: Net, node: str, k: int) -> list[Edge] | None:
    """Flows a token takes away from a node; None: trouble."""
    flows, kind = net.out(node), net.kind.get(node)
    if kind not in ("xor", "or") or (len(flows) == 1 and net.flows[flows[0]] is None):
        return flows
    good = [f for f in flows if f != net.default.get(node) and ((c := net.flows[f]) is None or holds(c, k))]
    if not good and node in net.default:
        good = [net.default[node]]
    if not good and flows:
        return None
    return good[:1] if kind == "xor" else good


def move(net: Net, scope: Scope, todo: list[Edge] | None, k: int, budget: list[int] | None = None) -> set[Outcome]:
    """Run tokens on the flows `todo` until nothing moves: a set of scopes."""
    return {TROUBLE} if todo is None else _Move(net, scope, k, budget or [BUDGET]).run(list(todo))


class _Move:
    """Tokens on their way through one scope."""

    def __init__(self, net: Net, scope: Scope, k: int, budget: list[int]) -> None:
        self.net, self.k, self.budget = net, k, budget
        self.active, self.waiting, self.armed = list(scope[0]), dict(scope[1]), scope[2]
        self.trouble = self.killed = False

    def run(self, todo: list[Edge]) -> set[Outcome]:
        gone = freeze([], {}, self.armed)
        while todo:
            flow = todo.pop(0)
            self.budget[0] -= 1
            if self.budget[0] < 0:
                return {TROUBLE, gone} if self.killed else {TROUBLE}
            if self.net.kind[flow[1]] == "sub":
                return self.sub(flow[1], todo, gone)
            if self.passes(flow):
                more = leave(self.net, flow[1], self.k)
                self.trouble |= more is None
                todo += more or []
        if self.killed:
            return {gone, TROUBLE} if self.trouble else {gone}
        if self.trouble:
            return {TROUBLE}
        return self.rest()

    def passes(self, flow: Edge) -> bool:
        """Whether the token goes on at once."""
        net, node = self.net, flow[1]
        kind = net.kind[node]
        if kind == "terminate":
            self.killed = True
        if kind in ("end", "terminate"):
            return False
        if kind == "user":
            self.active.append((node, node in net.boundary, net.turns.get(node, 1), None))
            return False
        if kind in ("and", "or") and len(net.into(node)) > 1:
            self.waiting[flow] = self.waiting.get(flow, 0) + 1
            if kind == "or" or not all(self.waiting.get(other) for other in net.into(node)):
                return False
            for other in net.into(node):
                self.waiting[other] -= 1
        return True

    def sub(self, node: str, todo: list[Edge], gone: Scope) -> set[Outcome]:
        net, k, budget = self.net, self.k, self.budget
        here = freeze(self.active, self.waiting, self.armed)
        out: set[Outcome] = set()
        for inside in begin(net.inner[node], k):
            if inside == TROUBLE:
                later = move(net, here, todo, k, budget) if "terminate" in net.kind.values() else set()
                out |= {TROUBLE} | {x for x in later if x != TROUBLE and empty(x)}
            elif empty(inside):
                more = leave(net, node, k)
                out |= {TROUBLE} if more is None else move(net, here, todo + more, k, budget)
            else:
                held = [*self.active, (node, node in net.boundary, 1, inside)]
                out |= move(net, freeze(held, self.waiting, self.armed), todo, k, budget)
        if self.killed:
            return (out & {TROUBLE}) | {gone} | ({TROUBLE} if self.trouble else set())
        if not self.trouble:
            return out
        ends = "terminate" in net.kind.values()  # it takes the parked token away
        return {TROUBLE} | {x for x in out if ends and x != TROUBLE and empty(x)}

    def rest(self) -> set[Outcome]:
        """Nothing moves: inclusive joins that need not wait any longer go on."""
        net, active, waiting = self.net, self.active, self.waiting
        go = {}
        for join in [node for node, kind in net.kind.items() if kind == "or" and len(net.into(node)) > 1]:
            filled = [flow for flow in net.into(join) if waiting.get(flow)]
            places = [(a[0], a[1]) for a in active]
            places += [(flow[1], False) for flow, count in waiting.items() if count and flow[1] != join]
            if filled and ready(net, join, filled, places):
                go[join] = {flow: count - (flow in filled) for flow, count in waiting.items()}
        if go:
            share = [self.budget[0] // len(go)] if len(go) > 1 else self.budget
            out: set[Outcome] = set()
            for join, left in go.items():
                out |= move(net, freeze(active, left, self.armed), leave(net, join, self.k), self.k, share)
            return out
        if any(waiting.values()) and not active:
            return {TROUBLE}
        return {freeze(active, waiting, self.armed)}


def ready(net: Net, join: str, filled: list[Edge], places: list[tuple[str, bool]]) -> bool:
    """BPMN 2.0, 13.3.3: no token elsewhere has a path to an empty flow unless it has one to a filled flow, too."""
    for place, armed in places:
        reached = _reached(net, join, place, armed)
        if reached and not reached & set(filled):
            return False
    return True


def _reached(net: Net, join: str, place: str, armed: bool) -> set[Edge]:
    """The flows into the join to which a token at this place has a path; `armed`: its boundary event still waits."""
    seen: set[str] = set()
    reached = {flow for flow in net.out(place) if flow[1] == join}
    todo = [place] if armed else [flow[1] for flow in net.out(place)]
    while todo:
        node = todo.pop()
        if node in seen or node == join:
            continue
        seen.add(node)
        if node in net.boundary:
            todo.append(net.boundary[node][0])
        reached |= {flow for flow in net.out(node) if flow[1] == join}
        todo += [flow[1] for flow in net.out(node)]
    return reached


def each(net: Net, scope: Scope, change: Change, k: int) -> set[Outcome]:
    """`change` one thing somewhere in the scope: the union over all places where it applies."""
    out: set[Outcome] = change(net, scope, None) or set()
    for index, (node, armed, left, inner) in enumerate(scope[0]):
        out |= change(net, scope, index) or set()
        if inner is None:
            continue
        others = scope[0][:index] + scope[0][index + 1 :]
        for result in each(net.below(node), inner, change, k):
            if result == TROUBLE:
                out.add(result)
            elif empty(result):
                out |= move(net, (others, *scope[1:]), net.out(node), k)
            else:
                out.add(freeze((*others, (node, armed, left, result)), dict(scope[1]), scope[2]))
    return out


def done(task: str, k: int) -> Change:
    """A user task, or one turn of it, is completed."""

    def change(net: Net, scope: Scope, index: int | None) -> set[Outcome] | None:
        if index is None or scope[0][index][0] != task:
            return None
        node, armed, left, _ = scope[0][index]
        others = scope[0][:index] + scope[0][index + 1 :]
        if left > 1:
            return {freeze((*others, (node, armed, left - 1, None)), dict(scope[1]), scope[2])}
        return move(net, (others, *scope[1:]), net.out(node), k)

    return change


def fired(event: str, k: int) -> Change:
    """A boundary timer fires."""

    def change(net: Net, scope: Scope, index: int | None) -> set[Outcome] | None:
        if index is None or not scope[0][index][1] or net.boundary[scope[0][index][0]][0] != event:
            return None
        node, _, left, inner = scope[0][index]
        others = scope[0][:index] + scope[0][index + 1 :]
        if not net.boundary[node][1]:
            others += ((node, False, left, inner),)
        return move(net, freeze(others, dict(scope[1]), scope[2]), net.out(event), k)

    return change


def message(event: str, k: int) -> Change:
    """The message of an event sub-process comes."""

    def change(net: Net, scope: Scope, index: int | None) -> set[Outcome] | None:
        if index is not None or not scope[2] or net.event is None or net.event[0] != event:
            return None
        node, interrupting, inside = net.event
        active: list[Any] = [] if interrupting else list(scope[0])
        waiting = {} if interrupting else dict(scope[1])
        out: set[Outcome] = set()
        for result in begin(inside, k):
            if result == TROUBLE:
                out.add(result)
            else:
                held = [] if empty(result) else [(node, False, 1, result)]
                out.add(freeze(active + held, waiting, not interrupting))
        return out

    return change


def seen(net: Net, scope: Scope) -> tuple[list[str], list[str], list[str]]:
    """What an observer sees: open tasks, boundary events that wait, event sub-processes that wait."""
    tasks: list[str] = []
    events: list[str] = []
    armed = [net.event[0]] if scope[2] and net.event is not None and not empty(scope) else []
    for node, on, left, inner in scope[0]:
        if net.kind.get(node) == "user":
            tasks += [node] * left
        if on:
            events.append(net.boundary[node][0])
        if inner:
            below = seen(net.below(node), inner)
            tasks, events, armed = tasks + below[0], events + below[1], armed + below[2]
    return sorted(tasks), sorted(events), sorted(armed)
