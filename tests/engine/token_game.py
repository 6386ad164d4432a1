"""A second, tiny interpreter of BPMN: tokens that move through nets, without time, data or storage; to compare with.

Where BPMN leaves an order open (several inclusive joins ready at once), every outcome is kept. A token that cannot go
on is parked, which is what the engine calls an incident.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from tests.engine.net import Catch, Edge, Net, holds

BUDGET = 300  # tokens that may move in one command
OPEN = ("user", "job", "sub")


@dataclass(eq=False)
class Token:
    scope: Scope
    node: str
    state: str  # entering ready open parked gone
    armed: list[Catch] = field(default_factory=list)
    left: int = 1
    inside: Scope | None = None


@dataclass(eq=False)
class Scope:
    net: Net
    owner: Token | None
    listening: bool
    tokens: list[Token] = field(default_factory=list)
    waiting: Counter[Edge] = field(default_factory=Counter)


class Game:
    """One instance; what moves at once moves first come, first served."""

    def __init__(self, net: Net, k: int) -> None:
        self.k, self.left = k, BUDGET
        self.ready: deque[Token] = deque()
        self.root = self.begin(net, None)

    def begin(self, net: Net, owner: Token | None) -> Scope:
        scope = Scope(net, owner, net.event is not None)
        self.put(scope, net.first, "ready")
        return scope

    def put(self, scope: Scope, node: str, state: str) -> bool:
        scope.tokens.append(Token(scope, node, state))
        self.ready.append(scope.tokens[-1])
        return True

    def arrive(self, scope: Scope, flow: Edge) -> None:
        net, node = scope.net, flow[1]
        if net.joins(node):
            scope.waiting[flow] += 1
            if net.kind[node] == "and" and all(scope.waiting[other] for other in net.into(node)):
                self.join(scope, node, net.into(node))
        elif node not in net.boundary and net.kind[node] in OPEN:
            scope.tokens.append(Token(scope, node, "open"))
            self.enter(scope.tokens[-1])
        else:
            self.put(scope, node, "entering" if net.kind[node] in OPEN else "ready")

    def join(self, scope: Scope, node: str, flows: list[Edge]) -> None:
        scope.waiting -= Counter(flows)
        self.put(scope, node, "ready")

    def enter(self, token: Token) -> None:
        net, token.state = token.scope.net, "open"
        token.armed, token.left = [*net.boundary.get(token.node, ())], net.turns.get(token.node, 1)
        if (inside := net.below(token.node)) is not None:
            token.inside = self.begin(inside, token)

    def act(self, token: Token) -> None:
        scope, kind = token.scope, token.scope.net.kind.get(token.node, "sub")
        if token.state == "entering":
            self.enter(token)
        elif kind == "terminate":
            self.clear(scope)
            self.over(scope)
        elif kind == "fail" and not self.throw(token, "error", scope.net.codes[token.node]):
            token.state = "parked"
        elif kind != "fail":
            if kind == "raise":
                self.throw(token, "escalation", scope.net.codes[token.node])
            if token.state != "gone":
                self.leave(token)

    def leave(self, token: Token) -> None:
        net, node, scope = token.scope.net, token.node, token.scope
        flows, kind = net.out(node), net.kind.get(node)
        if kind in ("xor", "or") and (len(flows) > 1 or any(net.flows[flow] for flow in flows)):
            default = [flow for flow in flows if flow == net.default.get(node)]
            good = [flow for flow in flows if flow not in default and holds(net.flows[flow], self.k)]
            flows = (good or default)[: 1 if kind == "xor" else None]
            if not flows:
                token.state = "parked"
                return
        self.remove(token)
        for flow in flows:
            self.arrive(scope, flow)
        self.over(scope)

    def over(self, scope: Scope) -> None:
        if (owner := scope.owner) and owner.state == "open" and not scope.tokens and not +scope.waiting:
            owner.state = "ready"
            self.ready.append(owner)

    def remove(self, token: Token) -> None:
        token.state = "gone"
        token.scope.tokens.remove(token)
        if token.inside is not None:
            self.clear(token.inside)

    def clear(self, scope: Scope) -> None:
        scope.waiting.clear()
        for token in [*scope.tokens]:
            self.remove(token)

    def throw(self, token: Token | None, trigger: str, code: str) -> bool:
        """The nearest that catches it, outwards; False: nobody."""
        while token is not None:
            found = [c for c in token.armed if c.trigger == trigger and c.code in (None, code)]
            if found:
                return self.happen(token, min(found, key=lambda catch: catch.code is None))
            scope = token.scope
            catch = scope.net.event[0] if scope.listening and scope.net.event else None
            if catch is not None and catch.trigger == trigger and catch.code in (None, code):
                return self.start(scope, catch)
            token = scope.owner
        return False

    def happen(self, host: Token, catch: Catch) -> bool:
        """A boundary event."""
        if catch.interrupting:
            self.remove(host)
        elif not catch.again():
            host.armed.remove(catch)
        return self.put(host.scope, catch.node, "ready")

    def start(self, scope: Scope, catch: Catch) -> bool:
        """The event sub-process."""
        scope.listening = catch.again()
        if catch.interrupting:
            self.clear(scope)
        return self.put(scope, catch.node, "entering")

    def scopes(self, scope: Scope | None = None) -> Iterator[Scope]:
        scope = scope or self.root
        yield scope
        for token in scope.tokens:
            if token.inside is not None:
                yield from self.scopes(token.inside)

    def rest(self) -> list[Game]:
        """Every game this may come to once nothing moves any more."""
        while self.ready:
            token = self.ready.popleft()
            self.left -= 1
            if token.state != "gone" and self.left >= 0:
                self.act(token)
        found = [*self.joinable()]
        if not found or self.left < 0:
            return [self]
        self.left //= len(found)
        games = [self, *(deepcopy(self) for _ in found[1:])]
        for index, game in enumerate(games):
            game.join(*[*game.joinable()][index])
        return [rested for game in games for rested in game.rest()]

    def joinable(self) -> Iterator[tuple[Scope, str, list[Edge]]]:
        """Inclusive joins that need not wait: BPMN 2.0, 13.3.3."""
        for scope in self.scopes():
            for node in dict.fromkeys(flow[1] for flow in +scope.waiting):
                filled = [flow for flow in scope.net.into(node) if scope.waiting[flow]]
                if scope.net.kind[node] == "or" and not any(
                    reached and not reached & set(filled) for reached in _reaching(scope, node)
                ):
                    yield scope, node, filled


def _reaching(scope: Scope, join: str) -> Iterator[set[Edge]]:
    """For each token that is elsewhere, the flows into the join to which it has a path."""
    net = scope.net
    elsewhere = {(t.node, *(catch.node for catch in t.armed)) for t in scope.tokens}
    for starts in elsewhere | {(flow[1],) for flow in +scope.waiting if flow[1] != join}:
        reached: set[Edge] = set()
        seen: set[str] = set()
        left = list(starts)
        for at in left:  # grows
            reached |= {flow for flow in net.out(at) if flow[1] == join}
            onward = {flow[1] for flow in net.out(at)} - seen - {join}
            seen |= onward
            left += [*onward, *(catch.node for to in onward for catch in net.boundary.get(to, ()))]
        yield reached
