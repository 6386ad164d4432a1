"""SpiffWorkflow alone, its specs built directly, as its own parser would build them: what ours is compared with."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.bpmn.specs.event_definitions import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    MessageEventDefinition,
    NoneEventDefinition,
    SignalEventDefinition,
    TimeDateEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.util.task import TaskState

TIMERS = {
    "date": TimeDateEventDefinition,
    "duration": DurationTimerEventDefinition,
    "cycle": CycleTimerEventDefinition,
}
KINDS = {
    "user": defaults.UserTask,
    "task": defaults.NoneTask,
    "xor": defaults.ExclusiveGateway,
    "and": defaults.ParallelGateway,
    "or": defaults.InclusiveGateway,
}


def definition(words: str) -> Any:
    """`message m`, `signal s`, `duration 'PT1H'` … as the library's event definition; no words: none."""
    kind, _, rest = words.partition(" ")
    if kind in TIMERS:
        return TIMERS[kind]("timer", rest)
    named = {"message": MessageEventDefinition, "signal": SignalEventDefinition}
    return named[kind](rest) if kind in named else NoneEventDefinition()


class Diagram:
    """One process or sub-process: nodes by name, then flows."""

    def __init__(self, name: str = "p") -> None:
        self.spec = BpmnProcessSpec(name)
        self.nodes: dict[str, Any] = {}
        self.inner: dict[str, BpmnProcessSpec] = {}

    def add(self, kind: str, *names: str) -> Diagram:
        """Tasks and gateways."""
        for name in names:
            self.nodes[name] = KINDS[kind](self.spec, name)
        return self

    def event(self, kind: str, name: str, words: str = "") -> Diagram:
        """A start, an end or a catch event."""
        cls = {"start": defaults.StartEvent, "end": defaults.EndEvent, "catch": defaults.IntermediateCatchEvent}[kind]
        node = self.nodes[name] = cls(self.spec, name, definition(words))
        if kind == "start":
            self.spec.start.connect(node)
        elif kind == "end":
            node.connect(self.spec.end)
        return self

    def gateway_of_events(self, name: str) -> Diagram:
        """An event-based gateway."""
        self.nodes[name] = defaults.EventBasedGateway(self.spec, name, MultipleEventDefinition())
        return self

    def sub(self, name: str, inside: Diagram, *, by_event: bool = False) -> Diagram:
        """A sub-process; by event: one that waits for its start, as the library reads it."""
        cls = defaults.EventSubprocess if by_event else defaults.SubWorkflowTask
        self.nodes[name] = cls(self.spec, name, subworkflow_spec=inside.spec.name)
        self.inner |= {inside.spec.name: inside.spec, **inside.inner}
        if by_event:
            self.spec.start.connect_or_add_trigger(self.nodes[name], inside.spec)
        return self

    def loop(self, name: str, *, until: str | None = None, sequential: bool = False) -> Diagram:
        """A multi-instance over `items` as `item`, the turns' `vote` collected in `votes`."""
        cls = defaults.SequentialMultiInstanceTask if sequential else defaults.ParallelMultiInstanceTask
        turn = self.spec.task_specs.pop(name)
        names = {"data_input": "items", "data_output": "votes", "input_item": "item", "output_item": "vote"}
        data = {key: TaskDataReference(value) for key, value in names.items()}
        turn.name = f"{name} [child]"
        self.spec.task_specs[turn.name] = turn
        loop = self.nodes[name] = cls(self.spec, name, task_spec=turn.name, condition=until, **data)
        turn.inputs, turn.outputs = [loop], []
        return self

    def boundary(self, host: str, name: str, words: str, *, interrupting: bool = True) -> Diagram:
        """A boundary event; the flows into the host go to what this puts before it."""
        split = BoundaryEventSplit(self.spec, f"{host}.BoundaryEventSplit")
        join = BoundaryEventJoin(self.spec, f"{host}.BoundaryEventJoin", split_task=split.name, cancel=True)
        main = self.nodes[host]
        event = self.nodes[name] = defaults.BoundaryEvent(self.spec, name, definition(words), interrupting)
        split.connect(main)
        main.connect(join)
        split.connect(event)
        event.connect(join)
        self.nodes[f"{host}~in"] = split
        return self

    def flows(self, *paths: str) -> Diagram:
        """`a > b > c`, `a > b if condition` (Python), `a ~ b` for the default flow."""
        for path in paths:
            if " ~ " in path:
                source, target = path.split(" ~ ")
                self.nodes[source].connect(self._in(target))
                self.nodes[source].default_task_spec = self._in(target).name
                continue
            way, _, condition = path.partition(" if ")
            names = way.split(" > ")
            for source, target in pairwise(names):
                if condition:
                    self.nodes[source].connect_outgoing_if(condition, self._in(target))
                else:
                    self.nodes[source].connect(self._in(target))
        return self

    def _in(self, name: str) -> Any:
        return self.nodes.get(f"{name}~in", self.nodes[name])

    def run(self, **data: Any) -> Run:
        """Start it."""
        return Run(self, data)


class Run:
    """A running instance of the library."""

    def __init__(self, diagram: Diagram, data: dict[str, Any]) -> None:
        self.workflow = BpmnWorkflow(diagram.spec, diagram.inner)
        self.workflow.task_tree.data.update(data)
        self.go()

    def go(self) -> Run:
        """Everything that goes by itself; a plain task waits for a person there, and nobody is needed."""
        self.workflow.do_engine_steps()
        while plain := [t for t in self.ready() if type(t.task_spec) is defaults.NoneTask]:
            plain[0].run()
            self.workflow.do_engine_steps()
        return self

    def ready(self) -> list[Any]:
        """Tasks that wait for somebody."""
        return list(self.workflow.get_tasks(state=TaskState.READY, manual=True))

    @property
    def open(self) -> str:
        """Their names, as `Play.open` says them."""
        return " ".join(sorted(task.task_spec.name.removesuffix(" [child]") for task in self.ready()))

    def done(self, name: str, **data: Any) -> Run:
        """Complete the first open task of this name."""
        task = next(t for t in self.ready() if t.task_spec.name.removesuffix(" [child]") == name)
        task.data.update(data)
        task.run()
        return self.go()

    def message(self, name: str) -> Run:
        """A message for whoever waits. Raises WorkflowException where the library thinks nobody does."""
        self.workflow.send_event(BpmnEvent(MessageEventDefinition(name)))
        return self.go()

    def fire(self, name: str) -> Run:
        """A timer is due: its date is set to the past, as time would do."""
        task = next(t for t in self.workflow.get_tasks(state=TaskState.WAITING) if t.task_spec.name == name)
        value = task.internal_data["event_value"]
        past = "2000-01-01T00:00:00+00:00"
        if isinstance(value, dict):
            value["next"] = past
        else:
            task.internal_data["event_value"] = past
        return self.refresh()

    def refresh(self) -> Run:
        """Let it look at its clock."""
        self.workflow.refresh_timers()
        return self.go()

    @property
    def completed(self) -> bool:
        """Whether it thinks it has ended."""
        return bool(self.workflow.completed)
