"""Everything wrong with a set of models, as a list, each with its element; runs before anything is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from service.domain.errors import Problem
from service.engine import check_events, check_graph, timers
from service.engine.check_names import check_names
from service.engine.expressions import Expressions, FeelSyntaxError
from service.engine.model import ACTIVITIES, Flow, Loop, Node, Scope
from service.engine.problems import problem

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
KEYWORDS = frozenset(
    {"null", "true", "false", "function", "if", "then", "else", "for", "between", "instance", "of", "in", "return"}
)
OURS = frozenset({"case", "lookup"})
WORK = ("assignee", "candidateGroups", "dueDate", "followUpDate", "priority")


class Said(Protocol):
    """Something a problem can be said of."""

    line: int
    name: str


@dataclass(slots=True)
class Surroundings:
    """What a diagram may refer to, and the problems found so far. None: not checked."""

    processes: Mapping[str, Scope]
    expressions: Expressions
    decisions: Collection[str]
    operations: Collection[str] | None
    forms: Collection[str] | None
    procedures: Collection[str]  # processes that begin cases
    problems: list[Problem] = field(default_factory=list)


def check(
    processes: Mapping[str, Scope],
    expressions: Expressions,
    *,
    decisions: Collection[str],
    operations: Collection[str] | None,
    forms: Collection[str] | None,
    procedures: Collection[str] | None = None,
) -> list[Problem]:
    """Check every scope; afterwards `expressions` holds all of the models' expressions, compiled."""
    begins = processes if procedures is None else procedures
    around = Surroundings(processes, expressions, decisions, operations, forms, begins)
    for process in processes.values():
        for scope in process.scopes():
            ScopeCheck(scope, scope is process, around).run()
    check_graph.check_cycles(processes, around.problems)
    check_names(processes, expressions, around.problems)
    return around.problems


class ScopeCheck:
    """Checks one process or sub-process."""

    def __init__(self, scope: Scope, top: bool, around: Surroundings) -> None:
        self.scope, self.top, self.around = scope, top, around
        self.into: dict[str, list[Flow]] = {}
        self.away: dict[str, list[Flow]] = {}
        for flow in scope.flows:
            self.away.setdefault(flow.source, []).append(flow)
            self.into.setdefault(flow.target, []).append(flow)

    def bad(self, at: Said, code: str, *, level: Literal["error", "warning"] = "error", **details: Any) -> None:
        """A problem, said of a node, a flow or the scope itself."""
        element = getattr(at, "id", self.scope.key.rsplit("/", 1)[-1])
        self.around.problems.append(
            problem(self.scope.file, element, code, line=at.line, name=at.name, level=level, **details)
        )

    def feel(self, at: Said, text: str, what: str, *, must: bool = False) -> None:
        """An expression (it must begin with `=` if `must`) or plain text."""
        if not text:
            self.bad(at, "empty-expression", what=what)
        elif text.startswith("="):
            try:
                found = self.around.expressions.add(text)
            except FeelSyntaxError as error:
                self.bad(at, "feel-syntax", what=what, text=text, zh=error.zh, en=error.en)
                return
            called = found.names - {path[0] for path in found.paths} - self.around.expressions.functions
            for name in sorted(called):
                self.bad(at, "unregistered-function", id=name)
        elif must:
            self.bad(at, "not-feel", what=what, text=text)

    def run(self) -> None:
        """Everything about this scope."""
        check_graph.check_flows(self)
        check_graph.check_starts(self)
        for node in self.scope.nodes.values():
            self.node(node)
        check_graph.check_reachable(self)
        check_events.check_catches(self)

    def node(self, node: Node) -> None:
        """What every node may have, then what its kind may have."""
        check_graph.check_node(self, node)
        self.mappings(node)
        if node.loop is not None:
            self.loop(node, node.loop)
        if node.event is not None:
            check_events.check_event(self, node, node.event)
        special = KINDS.get(node.kind)
        if special is not None:
            special(self, node)

    def mappings(self, node: Node) -> None:
        """Sources are expressions or plain text, targets are names."""
        for source, target in (*node.inputs, *node.outputs):
            if not target:
                self.bad(node, "mapping-without-target", text=source)
            elif not NAME.fullmatch(target) or KEYWORDS & set(target.split(".")):
                self.bad(node, "mapping-target", text=target)
            elif target.split(".", 1)[0] in OURS:
                self.bad(node, "reserved-name", text=target)
            self.feel(node, source, f"→ {target}")

    def loop(self, node: Node, loop: Loop) -> None:
        """The attributes of a multi-instance activity."""
        if node.kind not in ACTIVITIES or node.by_event:
            self.bad(node, "loop", kind=node.kind)
        self.feel(node, loop.collection, "inputCollection", must=True)
        if loop.output_element:
            self.feel(node, loop.output_element, "outputElement", must=True)
        if loop.until:
            self.feel(node, loop.until, "completionCondition", must=True)
        for name in (loop.element, loop.output):
            if name and not NAME.fullmatch(name):
                self.bad(node, "mapping-target", text=name)
        own = {target for _, target in node.inputs} | {loop.own, loop.element}
        for _, target in node.outputs:
            if target.split(".", 1)[0] not in own:
                self.bad(node, "leaves-the-loop", level="warning", target=target)

    def reference(self, node: Node, name: str, known: Collection[str] | None, code: str) -> None:
        """An id that must be plain and known."""
        if name.startswith("="):
            self.bad(node, "computed-reference", id=name)
        elif known is not None and name not in known:
            self.bad(node, code, id=name)

    def user_task(self, node: Node) -> None:
        """Assignment, schedule and form."""
        work = node.work
        if "managed" not in work:
            self.bad(node, "job-user-task", level="warning")
        for what in WORK:
            if work.get(what):
                self.feel(node, work[what], what)
        for what in ("dueDate", "followUpDate"):
            text = work.get(what, "=")
            if text and not text.startswith("="):
                try:
                    timers.instant(text)
                except timers.TimerError:
                    self.bad(node, "date-value", what=what, text=text)
        self.number(node, work.get("priority", "="), "priority", 100)
        form = work.get("formId")
        if form:
            self.reference(node, form, self.around.forms, "unknown-form")

    def number(self, node: Node, text: str, what: str, high: int) -> None:
        """A plain whole number from 0 to `high`, or an expression."""
        if text and not text.startswith("=") and not (text.isdecimal() and int(text) <= high):
            self.bad(node, "not-a-number", what=what, text=text, low=0, high=high)

    def job(self, node: Node) -> None:
        """An operation of the catalogue."""
        if not node.job:
            self.bad(node, "no-operation")
            return
        self.number(node, node.retries or "=", "retries", 1000)
        if node.job.startswith("=") and self.around.operations is not None:
            self.bad(node, "computed-operation", id=node.job)
        elif node.job.startswith("="):
            self.feel(node, node.job, "type")
        elif self.around.operations is not None and node.job not in self.around.operations:
            self.bad(node, "unknown-operation", id=node.job)

    def rule(self, node: Node) -> None:
        """A decision and where its value goes."""
        if not node.called or not node.result:
            self.bad(node, "no-decision")
        else:
            self.reference(node, node.called, self.around.decisions, "unknown-decision")
            if not NAME.fullmatch(node.result):
                self.bad(node, "mapping-target", text=node.result)

    def call(self, node: Node) -> None:
        """A process of the bundle that can be called."""
        if not node.called:
            self.bad(node, "no-called-process")
            return
        self.reference(node, node.called, self.around.processes, "unknown-process")
        process = self.around.processes.get(node.called)
        if process is not None and all(start.event is not None for start in process.starts()):
            self.bad(node, "called-without-plain-start", id=node.called)

    def sub_process(self, node: Node) -> None:
        """Exactly one start; an event sub-process stands alone."""
        starts = node.inner.starts() if node.inner is not None else []
        if node.by_event:
            alone = not self.into.get(node.id) and not self.away.get(node.id)
            if len(starts) != 1 or starts[0].event is None or not alone:
                self.bad(node, "event-sub-process")
        elif len(starts) != 1 or starts[0].event is not None:
            self.bad(node, "sub-process-start")


KINDS: dict[str, Callable[[ScopeCheck, Node], None]] = {
    "userTask": ScopeCheck.user_task,
    "serviceTask": ScopeCheck.job,
    "sendTask": ScopeCheck.job,
    "businessRuleTask": ScopeCheck.rule,
    "callActivity": ScopeCheck.call,
    "subProcess": ScopeCheck.sub_process,
    "exclusiveGateway": check_graph.check_choice,
    "inclusiveGateway": check_graph.check_choice,
    "eventBasedGateway": check_graph.check_event_gateway,
    "boundaryEvent": check_events.check_boundary,
    "startEvent": check_events.check_start,
    "intermediateCatchEvent": check_events.check_catch,
    "intermediateThrowEvent": check_events.check_throw,
    "endEvent": check_events.check_end,
}
