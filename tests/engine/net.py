"""A diagram as plain data: what is drawn at random, sketched for the engine and played by the token game."""

from __future__ import annotations

from dataclasses import dataclass, field

Edge = tuple[str, str]
Condition = tuple[str, int]


@dataclass
class Catch:
    """A boundary event, or the start of an event sub-process: what triggers it, and which code (None: any)."""

    node: str
    interrupting: bool
    trigger: str = "timer"  # timer message error escalation
    code: str | None = None

    def again(self) -> bool:
        """Whether it waits on after it has happened."""
        return not self.interrupting and self.trigger in ("message", "escalation")


@dataclass
class Net:
    """One scope of a diagram. Kinds: start end terminate fail user job task raise xor and or sub on."""

    kind: dict[str, str] = field(default_factory=dict)
    flows: dict[Edge, Condition | None] = field(default_factory=dict)
    default: dict[str, Edge] = field(default_factory=dict)
    boundary: dict[str, list[Catch]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)  # user task → parallel turns
    codes: dict[str, str] = field(default_factory=dict)  # what a fail or raise throws
    inner: dict[str, Net] = field(default_factory=dict)
    event: tuple[Catch, Net] | None = None  # event sub-process

    @property
    def first(self) -> str:
        return next(node for node, kind in self.kind.items() if kind == "start")

    def out(self, node: str) -> list[Edge]:
        return [flow for flow in self.flows if flow[0] == node]

    def into(self, node: str) -> list[Edge]:
        return [flow for flow in self.flows if flow[1] == node]

    def below(self, node: str) -> Net | None:
        if self.event is not None and self.event[0].node == node:
            return self.event[1]
        return self.inner.get(node)

    def joins(self, node: str) -> bool:
        return self.kind.get(node) in ("and", "or") and len(self.into(node)) > 1


def holds(condition: Condition | None, k: int) -> bool:
    if condition is None:
        return True
    sign, number = condition
    return {"<": k < number, ">": k > number, "=": k == number}[sign]
