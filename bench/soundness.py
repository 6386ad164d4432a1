"""Whether every case can end, asked of a diagram of 200 nodes; leaves out reading and the other checks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.row import Row
from service.engine.model import Event, Flow, Node, Scope
from service.engine.soundness import findings

GOAL_S = 5.0
NODES = 200


def diagram(branches: int, *, ends_all: bool = False) -> Scope:
    """As many branches side by side, with tasks, choices and rounds, up to 200 nodes in all.

    With `ends_all` each branch may also end everything, so that every order of the moves matters.
    """
    scope = Scope("p", "bench.bpmn")
    for id_, kind in (("s", "startEvent"), ("f", "parallelGateway"), ("j", "parallelGateway"), ("e", "endEvent")):
        scope.nodes[id_] = Node(id_, kind)
    scope.nodes["g"] = Node("g", "endEvent", event=Event("terminate"))
    _flow(scope, "s", "f")
    _flow(scope, "j", "e")
    for branch in range(branches):
        last = "f"
        for index in range(max(1, (NODES - 5) // branches // 2)):
            task, choice = f"t{branch}-{index}", f"x{branch}-{index}"
            scope.nodes[task], scope.nodes[choice] = Node(task, "userTask"), Node(choice, "exclusiveGateway")
            _flow(scope, last, task)
            _flow(scope, task, choice)
            _flow(scope, choice, "g" if ends_all else task, "=again")
            last = choice
        _flow(scope, last, "j")
    return scope


def _flow(scope: Scope, source: str, target: str, condition: str | None = None) -> None:
    scope.flows.append(Flow(f"{source}>{target}", source, target, condition))


def measure() -> Iterator[Row]:
    """Processor seconds of one look, whatever the shape: in a row, three and thirty side by side, and undecidable."""
    for what, scope in (
        ("in a row", diagram(1)),
        ("three side by side", diagram(3)),
        ("thirty side by side", diagram(30)),
        ("eight side by side, each may end all", diagram(8, ends_all=True)),
    ):
        begun = time.process_time()
        found = findings(scope, {})
        taken = time.process_time() - begun
        said = ", ".join(dict.fromkeys(one.code for one in found)) or "sound"
        nodes = len(scope.nodes)
        yield Row(f"soundness, {nodes} nodes {what}", f"≤ {GOAL_S:.0f} s", f"{taken:.2f} s, {said}", taken <= GOAL_S)
