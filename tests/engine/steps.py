"""One play in steps, as the cases in tests/data/bpmn write it: checks, commands, incidents and rejected commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.domain.errors import WrongCommand
from service.engine import AddTurn, Broadcast, Cancel, RemoveTurn, Retry, Start, Throw
from tests.engine.play import Play

CHECKS: dict[str, Callable[[Play], Any]] = {
    "open": lambda p: p.open,
    "vars": lambda p: p.step.variables,
    "ended": lambda p: p.step.ended,
    "timers": lambda p: len(p.step.timers),
    "due": lambda p: [t.due for t in p.step.timers],
    "messages": lambda p: sorted(f"{m.name} {m.key}" for m in p.step.messages),
    "input": lambda p: [w.inputs for w in (*p.step.opened, *p.step.operations)],
}
COMMANDS: dict[str, Callable[..., Play]] = {
    "start": lambda p, variables: p.start("p", **variables),
    "start_at": lambda p, element, payload=None: p.do(Start("p", {}, element, payload or {})),
    "done": lambda p, element, variables=None: p.done(element, **(variables or {})),
    "throw": lambda p, element, code: p.do(Throw(p.id(element), code)),
    "retry": lambda p, element, variables=None: p.do(Retry(p.incident(element), variables)),
    "add_turn": lambda p, element, item: p.do(AddTurn(p.id(element), item)),
    "remove_turn": lambda p, element: p.do(RemoveTurn(p.id(element))),
    "message": lambda p, name, variables=None, key=None: p.message(name, key, **(variables or {})),
    "signal": lambda p, name: p.do(Broadcast(name)),
    "hours": lambda p, hours: p.hours(hours),
    "cancel": lambda p: p.do(Cancel()),
}


def take(play: Play, step: list[Any]) -> None:
    """One step: its check holds, or its command is carried out."""
    word, *rest = step
    if word in CHECKS:
        assert CHECKS[word](play) == rest[0], f"{word}: {play.stuck}"
    elif word == "incident":
        COMMANDS[rest[1]](play, *rest[2:])
        assert rest[0] in play.stuck
    elif word == "rejected":
        with pytest.raises(WrongCommand):
            COMMANDS[rest[1]](play, *rest[2:])
    else:
        COMMANDS[word](play, *rest)
