"""Events that are thrown: ends and intermediate throw events."""

from __future__ import annotations

from service.engine import stepping
from service.engine.activities import Activity, Job
from service.engine.events import clear
from service.engine.incidents import Stuck
from service.engine.scopes import chain
from service.engine.spiff import Token


class Throw(Activity):
    """An end event or an intermediate throw event."""

    def act(self, token: Token) -> bool | None:
        """Throw."""
        event, top = self.node.event, token.workflow.top
        kind = "" if event is None else event.kind
        code = (event.code or "") if event is not None else ""
        if kind == "terminate":
            clear(token.workflow, token)
        elif kind == "error":
            if not stepping.throw(token, "error", code):
                raise Stuck("uncaught-error", error=code)
        elif kind == "escalation":
            stepping.throw(token, "escalation", code)
        elif kind == "signal" and event is not None and event.name:
            top.signals.append(event.name)
            stepping.signal(top, event.name)
        return True


class ThrowJob(Job):
    """A message throw or end event: an operation sends it."""

    def message(self, token: Token) -> dict[str, str | None] | None:
        """Name and correlation key of the message; a key that is null stays null. Raises Stuck."""
        event = self.node.event
        if event is None or event.name is None:
            return None
        key = None
        if event.expression:
            key = token.workflow.top.evaluation.json(event.expression, chain(token))
        return {"name": event.name, "key": None if key is None else str(key)}

    def act(self, token: Token) -> bool | None:
        """The request, once its key can be said."""
        self.message(token)
        return super().act(token)
