"""Random diagrams, with and without structure, for the token game."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.engine.net import Catch, Condition, Edge, Net
from tests.engine.sketch import Lines

CONDITIONS: list[Condition] = [("<", 2), (">", 2), ("=", 1), (">", 0), ("<", 4)]
WORDS = {"<": "k < {}", ">": "k > {}", "=": "k = {}"}
INSIDE = ["user", "user", "job", "seq", "xor", "and", "or", "loop", "sub", "sub", "task"]
FLAT = ["user", "user", "seq", "xor", "and", "or", "loop"]
WILD = ["user"] * 5 + ["task", "xor", "xor", "and", "and", "or", "or", "job"]
CODES = ["E1", "E2"]
TRIGGERS = {
    "user": ["timer", "message"],
    "job": ["timer", "error"],
    "sub": ["timer", "message", "error", "escalation"],
}


def draw(r: random.Random) -> Net:
    """One random diagram."""
    drawn = _Draw(r)
    if r.random() < 0.6:
        return drawn.wild(r.randrange(3, 12))
    return drawn.structured(r.randrange(3, 12), r.choice([1, 1, 2]))


class _Draw:
    def __init__(self, r: random.Random) -> None:
        self.r, self.count, self.inside = r, 0, 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind[0]}{self.count}"

    def add(self, net: Net, kind: str, node: str | None = None) -> str:
        node = node or self.name(kind)
        net.kind[node] = kind
        if kind == "user" and self.r.random() < 0.15:
            net.turns[node] = self.r.choice([2, 3])
        if kind in ("fail", "raise"):
            net.codes[node] = self.r.choice(CODES)
        if kind in TRIGGERS and self.r.random() < (0.6 if kind == "sub" else 0.25):
            triggers = self.r.sample(TRIGGERS[kind], self.r.choice([1, 1, 2]))
            net.boundary[node] = [self.catch(self.name("on"), trigger) for trigger in triggers]
            net.kind.update((catch.node, "on") for catch in net.boundary[node])
        return node

    def catch(self, node: str, trigger: str) -> Catch:
        code = self.r.choice([None, *CODES]) if trigger in ("error", "escalation") else None
        return Catch(node, trigger == "error" or self.r.random() < 0.5, trigger, code)

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
        if self.inside and self.r.random() < 0.2:
            kind = self.r.choice(["raise", "fail"])
        if kind == "seq":
            return self.block(net, self.block(net, after, size // 2, depth), size // 2, depth)
        if kind == "fail":
            split = self.add(net, "xor")
            self.link(net, after, split)
            self.link(net, split, self.add(net, "fail"))
            return split
        if kind in ("user", "task", "job", "raise", "sub"):
            node = self.add(net, kind)
            if kind == "sub":
                self.inside += 1
                net.inner[node] = self.structured(max(1, size - 2), depth - 1)
                self.inside -= 1
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

    def structured(self, size: int, depth: int = 1, *, eventful: bool = True) -> Net:
        net = Net()
        last = self.block(net, self.add(net, "start"), size, depth)
        self.link(net, last, self.add(net, self.r.choice(["end"] * 9 + ["terminate"]), self.name("end")))
        self.finish(net)
        if eventful and self.r.random() < 0.3:
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
        last = ["end", "end", "end", "terminate"] + ([] if depth else ["fail", "raise"])
        end = self.add(net, r.choice(last), self.name("end"))
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
        trigger = self.r.choice(["timer", "message", "error", "error", "escalation"])
        net.event = (self.catch(self.name("w"), trigger), self.structured(2, 0, eventful=False))


def by_number(flow: Edge, condition: Condition) -> str:
    """A condition over the number k."""
    return WORDS[condition[0]].format(condition[1])


def by_choice(flow: Edge, condition: Condition) -> str:
    """A condition that holds where the variable `ways` names the flow: whoever plays chooses."""
    return f'list contains(ways, "{flow[0]}-{flow[1]}")'


def lines(net: Net, said: Callable[[Edge, Condition], str] = by_number) -> Lines:
    """The diagram in the words of a sketch."""
    out: Lines = []
    hosts = {catch.node: (host, catch) for host, catches in net.boundary.items() for catch in catches}
    for node, kind in net.kind.items():
        if kind == "user":
            many = f" | each =[{', '.join('1' * net.turns[node])}] as i" if node in net.turns else ""
            out.append(f"user {node} | out =k -> k{many}")
        elif kind == "on":
            host, catch = hosts[node]
            out.append(f"on {node} {host} | {_trigger(catch)}" + ("" if catch.interrupting else " | beside"))
        elif kind == "sub":
            out += [f"sub {node}", lines(net.inner[node], said)]
        else:
            out.append(_plain(net, node, kind))
    out += _event(net, said)
    for flow, condition in net.flows.items():
        if net.default.get(flow[0]) == flow:
            out.append(f"{flow[0]} ~ {flow[1]}")
        else:
            out.append(f"{flow[0]} > {flow[1]}" + (f" if {said(flow, condition)}" if condition else ""))
    return out


def _plain(net: Net, node: str, kind: str) -> str:
    if kind == "fail":
        return f"end {node} | error {net.codes[node]}"
    if kind == "raise":
        return f"{'throw' if net.out(node) else 'end'} {node} | escalation {net.codes[node]}"
    return f"end {node} | terminate" if kind == "terminate" else f"{kind} {node}"


def _trigger(catch: Catch) -> str:
    if catch.trigger == "timer":
        return "timer duration PT1H"
    if catch.trigger == "message":
        return f"message {catch.node} key =1"
    return f"{catch.trigger} {catch.code or ''}".strip()


def _event(net: Net, said: Callable[[Edge, Condition], str]) -> Lines:
    if net.event is None:
        return []
    catch, inside = net.event
    body = lines(inside, said)
    at = next(i for i, x in enumerate(body) if isinstance(x, str) and x.startswith("start "))
    body[at] = f"{body[at]} | {_trigger(catch)}" + ("" if catch.interrupting else " | beside")
    return [f"eventsub {catch.node}", body]
