"""What a Camunda 8 model says, after reading: plain data, no XML and no engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

ACTIVITIES = frozenset(
    {
        "userTask",
        "manualTask",
        "task",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "callActivity",
        "subProcess",
    }
)
GATEWAYS = frozenset({"exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS


class Way(NamedTuple):
    """A way out of a node: a sequence flow, or (`flow` None) one that the diagram does not draw."""

    flow: str | None
    target: str
    condition: str | None = None


@dataclass(slots=True)
class Event:
    """The event definition of an event or a receive task."""

    kind: str  # timer message signal error escalation terminate link
    name: str | None = None  # of the message, signal or link
    code: str | None = None  # of the error or escalation; None at a catch event: any
    expression: str | None = None  # the timer's value, the message's correlation key
    form: str = ""  # of a timer: date, duration or cycle


@dataclass(slots=True)
class Loop:
    """A multi-instance activity."""

    collection: str
    element: str | None = None
    output: str | None = None
    output_element: str | None = None
    until: str | None = None
    sequential: bool = False

    @property
    def own(self) -> str | None:
        """The variable that outputElement names (`=r` or `=r.a`): each turn has its own."""
        path = (self.output_element or "").lstrip("= ").split(".")
        return path[0] if all(part.isidentifier() for part in path) else None


@dataclass(slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None = None
    name: str = ""
    line: int = 0


@dataclass(slots=True)
class Node:
    """A flow node: task, gateway, event, sub-process or call activity."""

    id: str
    kind: str  # the BPMN element's name
    name: str = ""
    line: int = 0
    lane: str | None = None
    documentation: str = ""
    event: Event | None = None
    loop: Loop | None = None
    default: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    inputs: list[tuple[str, str]] = field(default_factory=list)  # (expression, target)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    work: dict[str, str] = field(default_factory=dict)  # user task: assignee, candidateGroups, dueDate, formId …
    properties: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    job: str | None = None  # type of the operation
    retries: str | None = None
    called: str | None = None  # process id or decision id
    result: str | None = None  # resultVariable of a business rule task
    all_in: bool = True  # propagateAllParentVariables
    all_out: bool = True  # propagateAllChildVariables
    inner: Scope | None = None  # content of a sub-process
    by_event: bool = False  # an event sub-process

    @property
    def link(self) -> str | None:
        """The name of the link, at a link event."""
        return self.event.name if self.event is not None and self.event.kind == "link" else None


@dataclass(slots=True)
class Scope:
    """A process, or the inside of a sub-process; `key` is the process id, then `/` and the sub-process ids."""

    key: str
    file: str
    name: str = ""
    line: int = 0
    documentation: str = ""
    version: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    @property
    def process(self) -> str:
        """The id of the process this scope belongs to."""
        return self.key.split("/", 1)[0]

    def scopes(self) -> Iterator[Scope]:
        """This scope and those inside it."""
        yield self
        for node in self.nodes.values():
            if node.inner is not None:
                yield from node.inner.scopes()

    def starts(self) -> list[Node]:
        """Its start events."""
        return [node for node in self.nodes.values() if node.kind == "startEvent"]
