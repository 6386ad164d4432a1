"""Small models a designer may draw, each played against the rule of Camunda 8 it is about.

tests/data/bpmn/rules.json holds them. A step is a check (open, vars, ended, timers, due, messages, input), a command,
`incident ELEMENT command …` (the command is kept and the element has an incident), or `rejected - command …` (the
command is wrong). A case with `known` fails and says why.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import DeploymentRefused
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import sketch
from tests.engine.steps import take

CASES = json.loads((Path(__file__).parents[1] / "data/bpmn/rules.json").read_text(encoding="utf-8"))


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
        take(play, step)
