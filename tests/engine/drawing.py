"""Random diagrams, with and without structure, for the token game."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.engine.sketch import Lines
from tests.engine.token_game import Condition, Edge, Net

CONDITIONS: list[Condition] = [("<", 2), (">", 2), ("=", 1), (">", 0), ("<", 4)]
WORDS = {"<": "k < {}", ">": "k > {}", "=": "k = {}"}
INSIDE = ["user", "user", "seq", "xor", "and", "or", "loop", "sub", "task"]
FLAT = ["user", "seq", "xor", "and", "or", "loop"]
WILD = ["user"] * 5 + ["task", "xor", "xor", "and", "and", "or", "or"]


def draw(r: random.Random) -> Net:
    """One random diagram."""
    drawn = _Draw(r)
    return drawn.structured(r.randrange(3, 12)) if r.random() < 0.4 else drawn.wild(r.randrange(3, 12))


class _Draw:
    def __init__(self, r: random.Random) -> None:
        self.r, self.count = r, 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind[0]}{self.count}"

    def add(self, net: Net, kind: str, node: str | None = None) -> str:
        node = node or self.name(kind)
        net.kind[node] = kind
        if kind == "user" and self.r.random() < 0.15:
            net.turns[node] = self.r.choice([2, 3])
        if kind in ("user", "sub") and self.r.random() < 0.2:
            event = self.name("on")
            net.kind[event], net.boundary[node] = "on", (event, self.r.random() < 0.5)
        return node

    def link(self, net: Net, source: str, target: str) -> None:
        net.flows.setdefault((source, target), None)

    def finish(self, net: Net) -> None:
        """Ends, what follows a boundary event, conditions and default flows."""
        r = self.r
        for node in list(net.kind):
            if net.kind[node] == "on" and not net.out(node):
                self.link(net, node, r.choice([x for x, kind in net.kind.items() if kind not in ("start", "on")]))
        for node, kind in net.kind.items():
            out = net.out(node)
            if kind not in ("xor", "or") or len(out) < 2:
                continue
            if r.random() < 0.95:
                net.default[node] = r.choice(out)
            for flow in out:
                if flow != net.default.get(node):
                    net.flows[flow] = r.choice(CONDITIONS)

    def block(self, net: Net, after: str, size: int, depth: int) -> str:
        """Draws something with structure after a node; returns its last node."""
        kind = "user" if size <= 1 else self.r.choice(INSIDE if depth else FLAT)
        if kind == "seq":
            return self.block(net, self.block(net, after, size // 2, depth), size // 2, depth)
        if kind in ("user", "task", "sub"):
            node = self.add(net, kind)
            if kind == "sub":
                net.inner[node] = self.structured(max(1, size - 2), depth - 1)
            self.link(net, after, node)
            return node
        if kind == "loop":
            merge, split = self.add(net, "xor"), self.add(net, "xor")
            self.link(net, after, merge)
            self.link(net, self.block(net, merge, size - 2, depth), split)
            self.link(net, split, merge)
            return split
        fork, join = self.add(net, kind), self.add(net, kind)
        self.link(net, after, fork)
        for _ in range(self.r.choice([2, 2, 3])):
            self.link(net, self.block(net, fork, max(1, size // 2 - 1), depth), join)
        return join

    def structured(self, size: int, depth: int = 1) -> Net:
        net = Net()
        last = self.block(net, self.add(net, "start"), size, depth)
        self.link(net, last, self.add(net, self.r.choice(["end"] * 9 + ["terminate"]), self.name("end")))
        self.finish(net)
        if depth and self.r.random() < 0.2:
            self.event(net)
        return net

    def wild(self, size: int, depth: int = 1) -> Net:
        r, net = self.r, Net()
        nodes = [self.add(net, "start", self.name("start"))]
        for _ in range(size):
            node = self.add(net, r.choice(WILD + ["sub"] * depth))
            if net.kind[node] == "sub":
                net.inner[node] = self.wild(r.choice([2, 3, 4]), 0)
            self.link(net, r.choice(nodes), node)
            nodes.append(node)
        end = self.add(net, r.choice(["end", "end", "end", "terminate"]), self.name("end"))
        for node in nodes:
            if not net.out(node):
                self.link(net, node, r.choice(nodes[1:] + [end] * 4))
        self.link(net, nodes[-1], end)
        for _ in range(r.randrange(size)):
            source, target = r.choice(nodes[1:]), r.choice([*nodes[1:], end])
            if source != target or net.kind[source] == "user":
                self.link(net, source, target)
        self.finish(net)
        if depth and r.random() < 0.15:
            self.event(net)
        return net

    def event(self, net: Net) -> None:
        net.event = (self.name("w"), self.r.random() < 0.5, self.structured(2, 0))


def by_number(flow: Edge, condition: Condition) -> str:
    """A condition over the number k."""
    return WORDS[condition[0]].format(condition[1])


def by_choice(flow: Edge, condition: Condition) -> str:
    """A condition that holds where the variable `ways` names the flow: whoever plays chooses."""
    return f'list contains(ways, "{flow[0]}-{flow[1]}")'


def lines(net: Net, said: Callable[[Edge, Condition], str] = by_number) -> Lines:
    """The diagram in the words of a sketch."""
    out: Lines = []
    hosts = {event: (host, interrupting) for host, (event, interrupting) in net.boundary.items()}
    for node, kind in net.kind.items():
        if kind == "user":
            many = f" | each =[{', '.join('1' * net.turns[node])}] as i" if node in net.turns else ""
            out.append(f"user {node} | out =k -> k{many}")
        elif kind == "terminate":
            out.append(f"end {node} | terminate")
        elif kind == "on":
            host, interrupting = hosts[node]
            out.append(f"on {node} {host} | timer duration PT1H" + ("" if interrupting else " | beside"))
        elif kind == "sub":
            out += [f"sub {node}", lines(net.inner[node], said)]
        else:
            out.append(f"{kind} {node}")
    out += _event(net, said)
    for flow, condition in net.flows.items():
        if net.default.get(flow[0]) == flow:
            out.append(f"{flow[0]} ~ {flow[1]}")
        else:
            out.append(f"{flow[0]} > {flow[1]}" + (f" if {said(flow, condition)}" if condition else ""))
    return out


def _event(net: Net, said: Callable[[Edge, Condition], str]) -> Lines:
    if net.event is None:
        return []
    node, interrupting, inside = net.event
    body = lines(inside, said)
    at = next(i for i, x in enumerate(body) if isinstance(x, str) and x.startswith("start "))
    body[at] = f"{body[at]} | message {node} key =1" + ("" if interrupting else " | beside")
    return [f"eventsub {node}", body]
