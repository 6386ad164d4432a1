"""Small models a designer may draw, each played against the rule of Camunda 8 it is about.

tests/data/bpmn/rules.json holds them. A step is a check (open, vars, ended, timers, due, messages, input), a command,
`incident ELEMENT command …` (the command is kept and the element has an incident), or `rejected - command …` (the
command is wrong). A case with `known` fails and says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import DeploymentRefused, WrongCommand
from service.engine import AddTurn, Broadcast, Cancel, RemoveTurn, Retry, Start, Throw
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import sketch

CASES = json.loads((Path(__file__).parents[1] / "data/bpmn/rules.json").read_text(encoding="utf-8"))

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


def _take(play: Play, step: list[Any]) -> None:
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


def _marks(case: dict[str, Any]) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=case["known"])] if "known" in case else []


@pytest.mark.parametrize("case", [pytest.param(c, id=c["id"], marks=_marks(c)) for c in CASES])
def test_the_rule_holds(case: dict[str, Any]) -> None:
    xml = sketch(case["model"], case.get("processes"))
    if "refused" in case:
        with pytest.raises(DeploymentRefused) as refused:
            bundle_of(xml)
        assert case["refused"] in {problem.element for problem in refused.value.problems}
        return
    play = Play(xml)
    for step in case["play"]:
        _take(play, step)
