"""What can begin a process: its plain start, or an event with its payload; and when a timer that begins it is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from service.engine import timers
from service.engine.activities import Pass
from service.engine.expressions import CaseValues, Evaluation
from service.engine.incidents import Stuck
from service.engine.model import Event, Node, Scope, Way
from service.engine.spiff import NodeSpec, Token
from service.engine.timers import Armed, TimerError
from service.feel import to_text

if TYPE_CHECKING:
    from service.engine.bundle import Bundle


@dataclass(frozen=True, slots=True)
class StartEvent:
    """A start event of a process that a message, a signal or a timer triggers."""

    process: str
    element: str
    kind: str  # message, signal or timer
    name: str  # of the message or signal
    form: str = ""  # of the timer: date, duration or cycle
    expression: str = ""


class Begin(NodeSpec):
    """Before the start events of a scope: one of them is taken, and every event sub-process waits from then on."""

    by_element: Mapping[str, Way] = {}
    plain: str | None = None  # the start event that is taken where none is named
    beside_start: tuple[Way, ...] = ()  # event sub-processes

    def outgoing(self, token: Token) -> Sequence[Way]:
        """The start event that the command named, else the plain one."""
        named = token.internal_data.get("start") or self.plain
        return (*([self.by_element[named]] if named else ()), *self.beside_start)


class EventStart(Pass):
    """A start event of a process with a trigger: its payload is mapped, or propagates, when it is left."""

    def arrive(self, token: Token) -> bool:
        """The payload waits at the beginning."""
        given = token.workflow.task_tree.internal_data.pop("payload", None)
        if given:
            token.internal_data["result"] = given
        return super().arrive(token)


def event_starts(process: Scope) -> tuple[StartEvent, ...]:
    """The start events of a process that have a trigger, in the order they are drawn."""
    return tuple(_of(process, node, node.event) for node in process.starts() if node.event is not None)


def _of(process: Scope, node: Node, event: Event) -> StartEvent:
    return StartEvent(process.key, node.id, event.kind, event.name or "", event.form, event.expression or "")


def due_start(bundle: Bundle, start: StartEvent, at: datetime) -> Armed:
    """When a timer start is due for the first time; `timers.coming` says what follows.

    There is no case yet, so its expression reads nothing but the time. Raises TimerError.
    """
    evaluation = Evaluation(bundle.expressions, CaseValues(), at)
    try:
        value: Any = evaluation.value(start.expression, [])
    except Stuck as stuck:
        raise TimerError(str(stuck.details.get("zh", stuck.code)), str(stuck.details.get("en", stuck.code))) from None
    try:
        return timers.arm(start.form, value, at)
    except TimerError as error:
        raise TimerError(f"{to_text(value)}：{error.zh}", f"{to_text(value)}: {error.en}") from None
