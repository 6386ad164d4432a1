"""What of SpiffWorkflow runs under our engine, and that it agrees with the bare library where that is right."""

from __future__ import annotations

import io
import json
import random
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import SpiffWorkflow
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from service.engine.library import FUNCTIONS
from tests.engine.play import Play
from tests.engine.sketch import Lines, sketch

ROOT = str(Path(SpiffWorkflow.__file__).parent) + "/"
MODELS = json.loads((Path(__file__).parents[1] / "data/bpmn/rules.json").read_text(encoding="utf-8"))


def test_only_the_functions_on_the_list_run() -> None:
    ran: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(ROOT):
            ran.add(f"{code.co_filename[len(ROOT) :]}:{code.co_qualname}")

    for case in MODELS:
        if case.get("play", [["-"]])[0][0] != "start" or case["id"].startswith("mi-straight"):
            continue  # refused, or not to be started plainly
        play = Play(sketch(case["model"], case.get("processes")))
        sys.setprofile(note)
        try:
            play.start()
            for task in list(play.work):
                play.done(play.work[task].element) if task in play.work else None
        finally:
            sys.setprofile(None)
    assert ran == FUNCTIONS


def _block(r: random.Random, lines: Lines, after: str, size: int, names: list[str]) -> str:
    """Something with structure and without loops after a node; returns its last node."""
    kind = "user" if size <= 1 else r.choice(["user", "seq", "xor", "and"])
    if kind == "seq":
        return _block(r, lines, _block(r, lines, after, size // 2, names), size // 2, names)
    first = f"{kind[0]}{len(names)}"
    names.append(first)
    lines += [f"{kind} {first}", f"{after} > {first}"]
    if kind == "user":
        return first
    last = f"j{len(names)}"
    names.append(last)
    lines.append(f"{kind} {last}")
    for branch in range(2):
        into = f"t{len(names)}"
        names.append(into)
        lines.append(f"task {into}")
        if kind == "and":
            lines.append(f"{first} > {into}")
        else:
            lines.append(f"{first} ~ {into}" if branch else f"{first} > {into} if {first} > 2")
        lines.append(f"{_block(r, lines, into, size // 2, names)} > {last}")
    return last


class _Bare:
    """The same diagram on the library as its documentation uses it."""

    def __init__(self, xml: bytes, given: dict[str, int]) -> None:
        parser = BpmnParser()
        python = xml.replace(b"<conditionExpression>=", b"<conditionExpression>")
        parser.add_bpmn_xml(etree.parse(io.BytesIO(python)), filename="m.bpmn")
        self.workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.task_tree.data.update(given)
        self.settle()

    def settle(self) -> None:
        """A plain task waits for a person there; nobody is needed."""
        self.workflow.do_engine_steps()
        while plain := [task for name, task in self.waiting().items() if name[0] == "t"]:
            plain[0].run()
            self.workflow.do_engine_steps()

    def waiting(self) -> dict[str, Any]:
        tasks = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return {task.task_spec.bpmn_id: task for task in tasks}

    def done(self, element: str) -> None:
        self.waiting()[element].run()
        self.settle()


@pytest.mark.parametrize("seed", range(40))
def test_loop_free_diagrams_run_as_on_the_bare_library(seed: int) -> None:
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    names: list[str] = []
    lines: Lines = ["start s", "end e"]
    lines.append(f"{_block(r, lines, 's', r.randrange(2, 16), names)} > e")
    given = {name: r.randrange(5) for name in names if name[0] == "x"}
    xml = sketch(lines)
    play = Play(xml).start(**given)
    bare = _Bare(xml, given)
    while not play.step.ended:
        assert sorted(bare.waiting()) == play.open.split()
        element = r.choice(play.open.split())
        play.done(element)
        bare.done(element)
    assert bare.workflow.is_completed()
