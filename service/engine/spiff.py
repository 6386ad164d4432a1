"""The one door to SpiffWorkflow 3.2.0: its task tree and life cycle, made light, with our hooks in them.

What each override cures, measured on 3.2.0: predicted tasks are made again at every load (`_predict`); task data is
copied along every token and merged at joins (`Token.data`, `_inherit_data`); log records and clock readings at every
change of state (`_set_state`); `cancel` drops children without telling them, so sub-processes of a cancelled loop go on
(`Token.cancel`); an exception loses the act before it (the hooks of `NodeSpec`: the token is parked instead).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from service.engine.incidents import Stuck

if TYPE_CHECKING:
    from service.engine.activities import Assignment
    from service.engine.bundle import Bundle
    from service.engine.expressions import Evaluation
    from service.engine.model import Node, Way

FUTURE: int = TaskState.FUTURE
WAITING: int = TaskState.WAITING
READY: int = TaskState.READY
STARTED: int = TaskState.STARTED
COMPLETED: int = TaskState.COMPLETED
CANCELLED: int = TaskState.CANCELLED
LIVE = READY | WAITING | STARTED
START = "~start"  # no XML id holds a `~`, so no name of ours meets one of a model


class NodeSpec(BpmnSpecMixin):  # type: ignore[misc]  # the library has no types
    """What one node of a diagram does: `arrive`, `act`, `finish`, `outgoing`, called at the library's hooks."""

    group: ClassVar[bool] = False  # its live children belong together: host of boundary events, event gateway
    beside: ClassVar[bool] = False  # a boundary event
    passive: ClassVar[bool] = False  # does not keep its scope alive: start of an event sub-process
    joins: bool = False

    name: str
    manual: bool
    node: Node
    ways: tuple[Way, ...]
    conditional: bool  # some ways have conditions

    def __init__(self, process: ProcessSpec, name: str, node: Node, *, manual: bool = False) -> None:
        super().__init__(process, name, inputs=[], outputs=[], lane=node.lane, bpmn_name=node.name, manual=manual)
        self.bpmn_id = node.id
        self.node, self.process = node, process
        self.lead(())

    def lead(self, ways: Iterable[Way]) -> None:
        """Say where it leads."""
        self.ways = tuple(ways)
        self.conditional = any(way.condition is not None for way in self.ways)

    def arrive(self, token: Token) -> bool:
        """A token has come. True: ready to act; False: this method has set the token's state. May raise Stuck."""
        return True

    def act(self, token: Token) -> bool | None:
        """Do what the node does. True: done; None: handed out, an answer will come. May raise Stuck."""
        return True

    def finish(self, token: Token) -> None:
        """Give results and clear up; nothing may have happened when it raises Stuck."""

    def outgoing(self, token: Token) -> Sequence[Way]:
        """The ways that are taken."""
        return self.ways

    def cancelled(self, token: Token) -> None:
        """The token was taken away while it was live."""

    def ended(self, token: Token, frame: SubFrame) -> None:
        """Nothing is left inside this activity."""

    def waits(self, token: Token) -> bool:
        """Whether something can still move a live token of this node; false is a defect, and becomes an incident."""
        return False

    def turn_done(self, token: Token, turn: Token) -> None:
        """A turn of this loop has given its results. May raise Stuck."""

    # the library's hooks
    def test(self) -> None:
        """Models are checked before they are built."""

    def _predict(self, my_task: Token, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """3.2.0 predicts the tree again at every load; here successors are made when a task completes."""

    def _update_hook(self, my_task: Token) -> bool:
        before = my_task.internal_data.get("local")
        try:
            return self.arrive(my_task)
        except Stuck as stuck:
            if before is None:
                my_task.internal_data.pop("local", None)
            else:
                my_task.internal_data["local"] = before
            my_task.park("arrive", stuck)
            return False

    def _on_ready_hook(self, my_task: Token) -> None:
        pass

    def _run_hook(self, my_task: Token) -> bool | None:
        try:
            return self.act(my_task)
        except Stuck as stuck:
            my_task.park("act", stuck)
            return None

    def _on_complete_hook(self, my_task: Token) -> None:
        try:
            self.finish(my_task)
        except Stuck as stuck:
            my_task.park("finish", stuck)
            return
        for way in self.outgoing(my_task):
            my_task.follow(way)

    def _on_cancel(self, my_task: Token) -> None:
        self.cancelled(my_task)


class Token(Task):  # type: ignore[misc]  # the library has no types
    """A task of the library's tree with a small number as id, no log records and no data of its own."""

    triggered, thread_id, last_state_change = (False, 0, 0)  # the library's readers look at them
    # variables live in scopes; library code that would write here fails loudly
    data: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    id: int
    workflow: Frame
    task_spec: NodeSpec
    internal_data: dict[str, Any]
    # for this step only, not stored:
    hops = 0  # tasks passed without waiting
    chosen: Sequence[Way]  # by a gateway
    assignment: Assignment  # of a user task that opens

    def __init__(
        self, frame: Frame, spec: NodeSpec, parent: Token | None = None, state: int = FUTURE, number: int | None = None
    ) -> None:
        # not the library's constructor: it makes a UUID, reads the clock and notifies the parent
        if number is None:
            top = frame.top
            top.sequence += 1
            number = top.sequence
        self.id, self.workflow, self.task_spec = number, frame, spec
        self._parent: int | None = None if parent is None else parent.id
        self._children: list[int] = []
        self._state = state
        self.internal_data = {}
        frame.tasks[number] = self
        if parent is not None:
            parent._children.append(number)

    def _set_state(self, value: int) -> None:
        # 3.2.0 logs and reads the clock here, and later looks through the whole tree for what has become ready
        self._state = value
        if value == READY:
            self.workflow.top.ready.append(self)

    def _inherit_data(self) -> None:
        pass  # 3.2.0 merges the parent's data into its own: lists lose items, what lies deeper is shared

    @property
    def live(self) -> bool:
        """Whether it is somewhere in the diagram now."""
        return bool(self._state & LIVE)

    @property
    def children(self) -> list[Token]:
        """Its children that are still there."""
        tasks = self.workflow.tasks
        return [tasks[number] for number in self._children if number in tasks]

    @property
    def above(self) -> Token:
        """Its parent in the tree, or the root where that is gone."""
        root = self.workflow.task_tree
        return self.workflow.tasks.get(self._parent, root) if self._parent else root

    @property
    def stuck(self) -> list[Any] | None:
        """The incident of a parked token: [phase, code, details]."""
        return self.internal_data.get("stuck")

    @property
    def fired(self) -> bool:
        """Whether it is an event that has happened and is parked since: no part of what it waited beside any more."""
        return "stuck" in self.internal_data and self.internal_data["stuck"][0] != "arrive"

    def park(self, phase: str, stuck: Stuck) -> None:
        """It stays here until a Retry: `phase` says where it goes on."""
        self._state = WAITING
        self.internal_data["stuck"] = [phase, stuck.code, stuck.details]

    def child(self, spec: NodeSpec, state: int = FUTURE) -> Token:
        """A new token below this one."""
        token = Token(self.workflow, spec, self, state)
        token.hops = self.hops + 1
        return token

    def follow(self, way: Way) -> None:
        """A token goes along a way; the library's `_on_complete` then makes it arrive."""
        frame = self.workflow
        token = self.child(frame.spec.task_specs[way.target])
        if way.flow is not None:
            frame.top.taken.append(f"{frame.process}/{way.flow}")
            if token.task_spec.joins:
                token.internal_data["flow"] = way.flow

    def main(self) -> Token | None:
        """For a boundary event: the activity it is attached to."""
        return next((t for t in self.above.children if not t.task_spec.beside), None)

    def run(self) -> None:
        """Act; done, complete. (3.2.0 raises where acting fails, and the act before it is lost with the task.)"""
        done = self.task_spec._run(self)
        if self._state != READY:  # parked, or it cancelled itself: an error end event
            return
        if done is None:
            self._set_state(STARTED)
        else:
            self.complete()

    def cancel(self) -> None:
        """Taken away, with everything below it: 3.2.0 drops what is below without telling it."""
        if not self._state & (LIVE | FUTURE):
            return
        self._state = CANCELLED
        for token in self.children:
            token.cancel()
        self.task_spec._on_cancel(self)


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]  # the library has no types
    """The specification of one process or sub-process."""

    task_specs: dict[str, NodeSpec]
    start: NodeSpec  # a `Begin`

    def __init__(self, key: str, name: str, file: str) -> None:
        super().__init__(name=key, description=name, filename=file)
        # own start; scopes end when no token is left, not at an 'End' task
        self.task_specs.clear()
        self.key = key
        self.process = key.split("/", 1)[0]

    def connect(self) -> None:
        """Tell the library's readers of a spec what leads where."""
        for spec in self.task_specs.values():
            for way in spec.ways:
                spec._outputs.append(way.target)
                self.task_specs[way.target]._inputs.append(spec.name)


class Frame:
    """One running process or sub-process: its tokens and its variables."""

    tasks: dict[int, Token]
    spec: ProcessSpec
    data: dict[str, Any]
    completed: bool
    task_tree: Token
    border: bool  # variables do not reach through: a process, not an embedded sub-process
    owner: Token | None  # the activity whose inside this is
    level: int
    top: Instance
    kept = 0  # tasks that were left when finished ones were last swept away

    @property
    def process(self) -> str:
        """The id of its process."""
        return self.spec.process

    def begin(self, hops: int = 0) -> None:
        """A token at the start, for the stepping loop to run."""
        self.task_tree = Token(self, self.spec.start, number=0)
        self.task_tree.hops = hops
        self.task_tree._set_state(READY)

    def live(self) -> list[Token]:
        """Its live tokens."""
        return [token for token in self.tasks.values() if token._state & LIVE]

    def cancel(self, success: bool = False) -> None:
        """Take all its tokens away."""
        self.completed = True
        for token in self.live():
            token.cancel()

    def over(self) -> None:
        """Nothing is left in it."""

    def _task_completed_notify(self, task: Token) -> None:
        # 3.2.0 has a task `End` and looks for it in the whole tree; here a scope ends when nothing in it is active
        if not self.completed and not self.active():
            self.cancel()
            self.over()

    def active(self) -> bool:
        """Whether a token is in it, besides event sub-processes that only wait to begin."""
        for token in self.tasks.values():  # asked after each task: a generator costs as much as the step
            if token._state & (LIVE | FUTURE) and (not token.task_spec.passive or token.fired):
                return True
        return False

    def compact(self) -> None:
        """Keep live tokens and the groups they stand in; everything hangs on the root."""
        tasks, keep = self.tasks, {}
        for token in self.live():
            keep[token.id] = token
            above = token.above
            if above.task_spec.group:
                keep[above.id] = above
        root = self.task_tree
        keep.pop(0, None)
        self.tasks = tasks = {0: root, **keep}
        self.kept = len(tasks)
        for token in tasks.values():
            token._children = []
        for token in keep.values():
            if token._parent not in tasks:
                token._parent = 0
            tasks[token._parent or 0]._children.append(token.id)


class SubFrame(Frame, BpmnSubWorkflow):  # type: ignore[misc]  # the library has no types
    """The inside of a sub-process or call activity."""

    owner: Token

    def __init__(self, spec: ProcessSpec, owner: Token, border: bool) -> None:
        self.owner, self.border, self.level, self.top = owner, border, owner.workflow.level + 1, owner.workflow.top
        super().__init__(spec, owner.id, self.top, deserializing=True)
        if not border:
            self.data = owner.internal_data["local"]  # an embedded sub-process' variables are its activity's

    def _calculate_depth(self) -> int:
        return self.level  # 3.2.0 counts by its way up through UUIDs

    def over(self) -> None:
        """The activity around it goes on."""
        self.top.subprocesses.pop(self.owner.id, None)
        self.owner.hops = max(token.hops for token in self.tasks.values())
        self.owner.task_spec.ended(self.owner, self)


class Instance(Frame, BpmnWorkflow):  # type: ignore[misc]  # the library has no types
    """A running process instance."""

    subprocesses: dict[int, SubFrame]

    def __init__(self, bundle: Bundle, process: str, evaluation: Evaluation) -> None:
        self.bundle, self.evaluation, self.top = bundle, evaluation, self
        self.border, self.owner, self.level = True, None, 0
        self.sequence = 0
        self.messages: list[list[Any]] = []  # published and not yet taken: [name, key, variables]
        self.taken: list[str] = []
        self.entered: list[str] = []
        self.signals: list[str] = []
        self.decisions: list[Any] = []
        self.requested: set[int] = set()
        self.ready: deque[Token] = deque()
        specs = bundle.specs
        super().__init__(specs[process], specs, script_engine=evaluation, deserializing=True)

    def frames(self) -> list[Frame]:
        """Every frame, the innermost first."""
        if not self.subprocesses:
            return [self]
        return [*sorted(self.subprocesses.values(), key=lambda frame: -frame.level), self]

    def find(self, number: int) -> Token | None:
        """A token by its number."""
        return next((f.tasks[number] for f in self.frames() if number and number in f.tasks), None)

    def all_live(self) -> list[Token]:
        """Every live token, inner frames first."""
        return [token for frame in self.frames() for token in frame.live()]

    def enter(self, owner: Token, key: str, border: bool) -> SubFrame:
        """The inside of an activity begins."""
        frame = self.subprocesses[owner.id] = SubFrame(self.bundle.specs[key], owner, border)
        frame.begin(owner.hops + 1)
        return frame
