"""Each construct of the dialect runs as its example says, or is refused; the page is what the examples say."""

from __future__ import annotations

import ast
from typing import Any
from xml.sax.saxutils import escape

import pytest

from service.dmn import DecisionModel, read_model
from service.domain.errors import DeploymentRefused
from tests.engine.coverage import (
    BETWEEN,
    BETWEEN_FILE,
    CASES,
    DATA,
    GATEWAYS,
    PAGE,
    REST,
    ROOT,
    TASKS,
    constructs,
    page,
)
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import sketch
from tests.engine.steps import take


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_example_runs_or_is_refused(case: dict[str, Any]) -> None:
    xml = sketch(case["model"], case.get("processes"))
    if "refused" in case:
        with pytest.raises(DeploymentRefused) as refused:
            bundle_of(xml)
        assert case["refused"] in {problem.element for problem in refused.value.problems}
        return
    play = Play(xml, decisions=_decisions(case))
    for step in case["play"]:
        take(play, step)


def _decisions(case: dict[str, Any]) -> dict[str, DecisionModel]:
    """The decision `verdict`, a FEEL expression."""
    if "decision" not in case:
        return {}
    text = escape(case["decision"])
    xml = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x"><decision '
        f'id="verdict" name="verdict"><literalExpression id="l"><text>{text}</text></literalExpression></decision>'
        "</definitions>"
    )
    return {"verdict": read_model(xml.encode(), file="verdict.dmn")}


def test_every_example_covers_what_there_is_and_each_construct_has_one() -> None:
    covered = {construct for case in CASES for construct in case["covers"]}
    assert covered <= constructs()
    assert {*TASKS, *GATEWAYS, *DATA, *REST} <= covered
    assert len({case["id"] for case in CASES}) == len(CASES)


def test_what_happens_between_instances_is_tested_where_the_page_says() -> None:
    tree = ast.parse((ROOT / BETWEEN_FILE).read_text(encoding="utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {test for tests in BETWEEN.values() for test in tests} <= there


def test_the_page_is_what_the_examples_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.engine.coverage"
