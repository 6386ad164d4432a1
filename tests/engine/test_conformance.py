"""Scenarios of other engines' own test suites, played by our engine; reference models of the interchange group, read.

They stand beside the repository, not in it (their licences vary); without them these tests are skipped and say so.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from service.engine import Broadcast, Complete, Fire, Live, check_files
from service.engine.model import NODES
from service.engine.read import read
from tests.engine.play import Play

FOLDER = Path(__file__).parents[2].parent / "shared/conformance/bpmn"
CASES: list[dict[str, Any]] = (
    json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))["cases"] if FOLDER.is_dir() else []
)


def _tasks(play: Play) -> list[Live]:
    return [live for live in play.step.live if live.kind in ("userTask", "receiveTask")]


def _complete(play: Play, task: Live) -> None:
    play.do(Complete(task.task) if task.kind == "userTask" else Fire(task.task))


def _check(play: Play, word: str, rest: list[Any]) -> None:
    open_ = _tasks(play)
    if word == "E":
        assert sorted(rest[0]) in (sorted(t.name for t in open_), sorted(t.element for t in open_))
    elif word == "N":
        assert len(open_) == rest[0]
    elif word == "NK":
        assert sum(rest[0] in (t.element, t.name) for t in open_) == rest[1]
    else:
        assert play.step.ended == (word == "END")


def _act(play: Play, word: str, rest: list[Any]) -> None:
    if word == "C":
        _complete(play, next(task for task in _tasks(play) if rest[0] in (task.element, task.name)))
    elif word == "C1":
        _complete(play, _tasks(play)[0])
    elif word == "M":
        play.message(rest[0])
    elif word == "S":
        play.do(Broadcast(rest[0]))
    elif word == "T":
        play.hours(timedelta(hours=rest[0]).total_seconds() / 3600)


@pytest.mark.skipif(not CASES, reason="the scenarios are not beside the repository (../shared/conformance/bpmn)")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_scenario_runs_as_its_own_engine_says(case: dict[str, Any]) -> None:
    play = Play((FOLDER / case["file"]).read_bytes())
    play.start(case["process"] or next(iter(play.bundle.processes)), **case["variables"])
    for word, *rest in case["steps"]:
        if word == "ERR":
            assert play.step.incidents
            return
        assert not play.step.incidents
        if word in ("C", "C1", "M", "S", "T"):
            _act(play, word, rest)
        else:
            _check(play, word, rest)


MIWG = sorted((FOLDER.parent / "miwg").glob("*.bpmn"))


@pytest.mark.skipif(not MIWG, reason="the reference models are not beside the repository (../shared/conformance/miwg)")
@pytest.mark.parametrize("path", MIWG, ids=lambda path: path.stem)
@pytest.mark.parametrize("executable", [False, True], ids=["as it is", "made executable"])
def test_a_reference_model_is_imported_or_refused_and_every_node_is_accounted_for(path: Path, executable: bool) -> None:
    xml = path.read_bytes()
    if executable:
        xml = re.sub(rb'isExecutable="\w+"', b'isExecutable="true"', xml)
    problems = check_files({path.name: xml}, decisions={}, functions=(), operations=None, forms=None)
    assert all(problem.element and problem.zh and problem.en for problem in problems)
    read_in, _ = read({path.name: xml})
    held = {node for process in read_in.values() for scope in process.scopes() for node in scope.nodes}
    said = {problem.element for problem in problems}
    nodes = [node for node in etree.fromstring(xml).iter() if _is_node(node)]
    assert [node.get("id") for node in nodes if node.get("id") not in held and not said & _around(node)] == []
    assert nodes


def _is_node(xml: Any) -> bool:
    return isinstance(xml.tag, str) and etree.QName(xml).localname in NODES


def _around(node: Any) -> set[str]:
    """The ids of the node and of everything it stands in."""
    return {at.get("id") for at in (node, *node.iterancestors()) if at.get("id")}
