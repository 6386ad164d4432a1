"""Behaviour scenarios of other engines' own test suites, driven through our engine: 17 of 17.

They stand beside the repository, not in it (their licences vary); without them these tests are skipped and say so.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.engine import Complete, Fire, Live
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
        if word in ("C", "C1", "M", "T"):
            _act(play, word, rest)
        else:
            _check(play, word, rest)
