"""Models bent at random: each is refused, runs, or stops at an incident; nothing but a wrong command is ever raised."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import DeploymentRefused, WrongCommand
from service.engine import Command, Complete, Fire, Publish, Retry, Throw
from tests.engine.play import Play
from tests.engine.sketch import sketch

MODELS = [
    case
    for case in json.loads((Path(__file__).parents[1] / "data/bpmn/rules.json").read_text(encoding="utf-8"))
    if not case["id"].startswith("mi-straight")
]
VALUES = [
    "=null",
    "=1/0",
    '="x"',
    "=function(x) x",
    "=[1,2]",
    "=nobody.knows",
    "=9 ** 99",
    "=9 ** 999",
    "P1D",
    "",
    "= (",
    "=now()",
]
QUOTED = re.compile(r'"(=[^"]*)"')
ATTRIBUTE = re.compile(r' (\w+)="([^"]*)"')


def _bent(r: random.Random, xml: str) -> str:
    """The model with one to three places changed."""
    for _ in range(r.randrange(1, 4)):
        way = r.randrange(4)
        expressions, attributes = list(QUOTED.finditer(xml)), list(ATTRIBUTE.finditer(xml))
        elements = list(re.finditer(r"<(\w+)[^<>]*/>|<sequenceFlow[^>]*></sequenceFlow>", xml))
        if way == 0 and expressions:
            found = r.choice(expressions)
            value = r.choice(VALUES).replace('"', "&quot;")
            xml = xml[: found.start(1)] + value + xml[found.end(1) :]
        elif way == 1 and elements:
            found = r.choice(elements)
            xml = xml[: found.start()] + xml[found.end() :]
        elif way == 2:
            one, other = r.choice(attributes), r.choice(attributes)
            xml = xml[: one.start(2)] + other[2] + xml[one.end(2) :]
        else:
            kinds = ["userTask", "serviceTask", "task", "exclusiveGateway", "parallelGateway", "inclusiveGateway"]
            one, other = r.sample(kinds, 2)
            xml = xml.replace(f"<{one} ", f"<{other} ").replace(f"</{one}>", f"</{other}>")
    return xml


def _commands(r: random.Random, play: Play) -> list[Command]:
    given = {r.choice("abkrxn"): r.choice([None, 1, "x", [1], {"y": 2}])}
    out: list[Command] = [Complete(task, given) for task in (*play.work, *play.jobs)]
    out += [Throw(task, "E1") for task in play.jobs]
    out += [Fire(timer.task) for timer in play.step.timers]
    out += [Publish(wait.name, wait.key, given) for wait in play.step.messages]
    out += [Retry(row.task, given) for row in play.step.incidents]
    return out


def _run(seed: int) -> str:
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    case: dict[str, Any] = r.choice(MODELS)
    xml = _bent(r, sketch(case["model"], case.get("processes")).decode())
    try:
        play = Play(xml.encode())
    except DeploymentRefused:
        return "refused"
    try:
        play.start(k=1, n=2, x=3)
    except WrongCommand:
        return "refused"
    for _ in range(8):
        commands = _commands(r, play)
        if play.step.ended or not commands:
            break
        play.do(r.choice(commands))
    return "incident" if play.step.incidents else "ran"


def test_a_bent_model_is_refused_runs_or_stops_at_an_incident() -> None:
    results = Counter(_run(seed) for seed in range(300))
    assert set(results) == {"refused", "incident", "ran"}


@pytest.mark.proof
def test_thousands_of_bent_models() -> None:
    results = Counter(_run(seed) for seed in range(300, 6_300))
    assert results["ran"] > 1_000
