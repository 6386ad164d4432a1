"""What can be wrong with events: their triggers, names, codes, timers and who else catches the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from service.engine import timers
from service.engine.model import ACTIVITIES, Event, Node

if TYPE_CHECKING:
    from service.engine.check import ScopeCheck

_THROW_NOTHING = frozenset({"task", "userTask", "manualTask", "receiveTask", "businessRuleTask"})
KEYLESS = frozenset({"startEvent", "intermediateThrowEvent", "endEvent"})


def check_event(check: ScopeCheck, node: Node, event: Event) -> None:
    """Its timer value, name or code, and correlation key."""
    if event.kind == "timer":
        _timer(check, node, event)
    name = event.code if event.kind in ("error", "escalation") else event.name
    if (name or "").startswith("="):
        check.bad(node, "computed-name", kind=event.kind, text=name)
    if event.kind == "message":
        if event.expression:
            check.feel(node, event.expression, "correlationKey", must=True)
        elif node.kind not in KEYLESS:
            check.bad(node, "no-correlation-key", level="warning", id=event.name or "")


def _timer(check: ScopeCheck, node: Node, event: Event) -> None:
    text = event.expression
    if not text:
        return  # said when it was read
    if text.startswith("="):
        check.feel(node, text, "timer")
        if node.kind == "startEvent" and check.top:
            _reads_nothing(check, node, text)
    else:
        try:
            timers.check(event.form, text)
        except timers.TimerError as error:
            check.bad(node, "timer-value", text=text, zh=error.zh, en=error.en)
    once = node.kind == "intermediateCatchEvent" or (node.kind == "boundaryEvent" and node.interrupting)
    inner_start = node.kind == "startEvent" and not check.top
    if event.form == "cycle" and (once or (inner_start and node.interrupting)):
        check.bad(node, "timer-cycle")


def _reads_nothing(check: ScopeCheck, node: Node, text: str) -> None:
    """Before a process begins there is no case, no variable and no deadline; only the time can be asked."""
    expressions = check.around.expressions
    asked = expressions[text].names - {"now", "today"} if text in expressions else frozenset()
    if asked:
        check.bad(node, "start-timer-reads", names="、".join(sorted(asked)))


def check_boundary(check: ScopeCheck, node: Node) -> None:
    """A boundary event stands at an activity and leads somewhere."""
    host = check.scope.nodes.get(node.attached_to or "")
    kind = node.event.kind if node.event is not None else "—"
    if host is None or host.kind not in ACTIVITIES or host.by_event:
        check.bad(node, "boundary", host=node.attached_to)
    elif kind == "escalation" and host.kind not in ("subProcess", "callActivity"):
        check.bad(node, "boundary-escalation")
    if kind in ("—", "link", "terminate"):
        check.bad(node, "boundary-event", kind=kind)
    elif kind == "error" and not node.interrupting:
        check.bad(node, "boundary-error")
    elif kind == "error" and host is not None and host.kind in _THROW_NOTHING:
        check.bad(node, "error-never-thrown", level="warning", host=host.id)
    if not check.away.get(node.id):
        check.bad(node, "boundary-without-flow")


def check_start(check: ScopeCheck, node: Node) -> None:
    """What can start a process or an event sub-process."""
    kind = node.event.kind if node.event is not None else ""
    if node.inputs:
        check.bad(node, "start-mapping")
    if check.top and kind and check.scope.key not in check.around.procedures:
        check.bad(node, "start-by-event", level="warning", process=check.scope.key)
    if kind in ("link", "terminate") or (check.top and kind in ("error", "escalation")):
        check.bad(node, "start", kind=kind)
    if kind == "error" and not node.interrupting:
        check.bad(node, "boundary-error")
    if kind == "message" and not check.top and node.event is not None and not node.event.expression:
        check.bad(node, "no-correlation-key", level="warning", id=node.event.name or "")


def check_catch(check: ScopeCheck, node: Node) -> None:
    """What can be waited for in a flow."""
    if node.event is None:
        check.bad(node, "catch", kind="—")
    elif node.event.kind in ("error", "escalation", "terminate"):
        check.bad(node, "catch", kind=node.event.kind)
    elif node.event.kind == "link":
        _link(check, node, "intermediateThrowEvent")


def check_throw(check: ScopeCheck, node: Node) -> None:
    """What can be thrown in a flow."""
    if node.event is None:
        return
    if node.event.kind in ("timer", "error", "terminate"):
        check.bad(node, "throw", kind=node.event.kind)
    elif node.event.kind == "link":
        _link(check, node, "intermediateCatchEvent")
    elif node.event.kind == "message":
        check.job(node)
    elif node.event.kind == "escalation" and not node.event.code:
        check.bad(node, "throw-without-code", kind=node.event.kind)


def check_end(check: ScopeCheck, node: Node) -> None:
    """What can end a path."""
    if node.event is None:
        return
    if node.event.kind in ("timer", "link"):
        check.bad(node, "throw", kind=node.event.kind)
    elif node.event.kind == "message":
        check.job(node)
    elif node.event.kind in ("error", "escalation") and not node.event.code:
        check.bad(node, "throw-without-code", kind=node.event.kind)


def _link(check: ScopeCheck, node: Node, other: str) -> None:
    found = [n for n in check.scope.nodes.values() if n.kind == other and n.link == node.link and n.event is not None]
    if not node.link or not found or (other == "intermediateCatchEvent" and len(found) > 1):
        check.bad(node, "link", id=node.link or "", count=len(found), other=other)


def check_catches(check: ScopeCheck) -> None:
    """At one activity (a receive task too), among event sub-processes and among starts, nothing is caught twice."""
    nodes = check.scope.nodes
    groups: dict[str, list[Node]] = {}
    for node in nodes.values():
        if node.attached_to:
            host = nodes.get(node.attached_to)
            own = [host] if host is not None and host.kind == "receiveTask" else []
            groups.setdefault(node.attached_to, own).append(node)
        elif node.by_event and node.inner is not None:
            groups.setdefault("", []).extend(node.inner.starts()[:1])
    if check.top:
        groups["~starts"] = check.scope.starts()
    for group in groups.values():
        _twice(check, group)


def _twice(check: ScopeCheck, catching: Iterable[Node]) -> None:
    seen: dict[tuple[str, str], Node] = {}
    for node in catching:
        event = node.event
        if event is None or event.kind not in ("message", "signal", "error", "escalation"):
            continue
        what = (event.code if event.kind in ("error", "escalation") else event.name) or "*"
        other = seen.setdefault((event.kind, what), node)
        if other is not node:
            check.bad(node, "duplicate-catch", kind=event.kind, what=what, other=other.id)
