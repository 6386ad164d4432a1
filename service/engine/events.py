"""Events that are waited for: catch events, receive tasks, boundary events, starts of event sub-processes.

SpiffWorkflow 3.2.0 unsubscribes a non-interrupting event after its first firing, deletes reminders with their host,
never reads `isInterrupting` of an event sub-process, and hangs at links (measured); so these are ours: an event that
may happen again leaves a new waiting token beside itself, and what it started is independent of its host.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.engine import timers
from service.engine.activities import Activity
from service.engine.incidents import Stuck
from service.engine.model import Event, Node
from service.engine.scopes import chain
from service.engine.spiff import WAITING, Frame, NodeSpec, ProcessSpec, Token
from service.engine.timers import Armed, TimerError
from service.feel import to_text


class Catch(Activity):
    """Waits for one event: a timer holds `due`, a message `key`; `fire` is the only way on."""

    event: Event

    def __init__(self, process: ProcessSpec, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.event = node.event or Event("none")

    def arrive(self, token: Token) -> bool:
        """Arm the timer or subscribe to the message; both are evaluated once."""
        super().arrive(token)
        event = self.event
        if event.kind == "timer":
            self.set(token, self.armed(token))
        elif event.kind == "message" and event.expression:
            token.internal_data["key"] = self.key(token)
        token._set_state(WAITING)
        return False

    def armed(self, token: Token) -> Armed:
        """When the timer fires. Raises Stuck."""
        top, text = token.workflow.top, self.event.expression or ""
        value = top.evaluation.value(text, chain(token))
        try:
            return timers.arm(self.event.form, value, top.evaluation.at)
        except TimerError as error:
            raise Stuck("timer", text=text, value=to_text(value), zh=error.zh, en=error.en) from None

    def key(self, token: Token) -> str:
        """The correlation key as text. Raises Stuck."""
        text = self.event.expression or ""
        key = token.workflow.top.evaluation.json(text, chain(token))
        if type(key) not in (str, int):
            raise Stuck("correlation-key", text=text, value=to_text(key))
        return str(key)

    @staticmethod
    def set(token: Token, armed: Armed) -> None:
        """Note when it fires next; `due` null means not armed."""
        token.internal_data["due"] = None if armed.due is None else armed.due.isoformat()
        token.internal_data.pop("cycle", None)
        if armed.cycle:
            token.internal_data["cycle"] = armed.cycle

    def fire(self, token: Token, payload: dict[str, Any] | None = None) -> None:
        """The event has happened."""
        if payload:
            token.internal_data["result"] = payload
        gate = token.above
        if gate.task_spec.group and not self.beside:
            for other in gate.children:
                if other is not token:
                    other.cancel()
        token._ready()

    def waits(self, token: Token) -> bool:
        """For its event."""
        return token._state == WAITING

    def again(self, token: Token) -> None:
        """The same event may happen again: a new waiting token beside this one."""
        memo = token.internal_data
        if self.event.kind == "error" or (self.event.kind == "timer" and "cycle" not in memo):
            return
        armed = None
        if self.event.kind == "timer":
            at = token.workflow.top.evaluation.at
            armed = timers.coming(Armed(datetime.fromisoformat(memo["due"]), memo["cycle"]), at)
            if armed.due is None:
                return
        next_ = token.above.child(self, WAITING)
        if armed is not None:
            self.set(next_, armed)
        elif "key" in memo:
            next_.internal_data["key"] = memo["key"]


class ReceiveTask(Catch):
    """A message that is waited for as a task: boundary events may stand at it, so the host is not a gateway."""

    def fire(self, token: Token, payload: dict[str, Any] | None = None) -> None:
        """The events beside it are released when it completes."""
        if payload:
            token.internal_data["result"] = payload
        token._ready()


class Host(NodeSpec):
    """Stands before an activity that has boundary events: its children are the activity and the waiting events."""

    group = True

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        main = next((token for token in my_task.children if not token.task_spec.beside), None)
        if main is not None and "returned" in my_task.internal_data:
            main.internal_data["returned"] = my_task.internal_data.pop("returned")


class Boundary(Catch):
    """A boundary event."""

    beside = True

    def fire(self, token: Token, payload: dict[str, Any] | None = None) -> None:
        """Interrupting: the activity and the other events go; else the event may happen again."""
        if not self.node.interrupting:
            self.again(token)
        else:
            for other in token.above.children:
                if other is not token and not (other.task_spec.beside and other.fired):
                    other.cancel()
        super().fire(token, payload)


class EventSubStart(Catch):
    """Waits as long as its scope is open; leads to the event sub-process, whose own variables the payload becomes."""

    passive = True
    takes_all = False

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        brought = my_task.internal_data.get("result")
        if brought and not self.node.outputs:
            for inside in my_task.children:
                inside.internal_data["local"] = dict(brought)

    def fire(self, token: Token, payload: dict[str, Any] | None = None) -> None:
        """Interrupting: everything else in the scope goes, called processes too."""
        if self.node.interrupting:
            clear(token.workflow, token)
        else:
            self.again(token)
        super().fire(token, payload)


def clear(frame: Frame, stays: Token) -> None:
    """Take every other token of the scope away."""
    for other in list(frame.tasks.values()):
        if other is not stays:
            other.cancel()
