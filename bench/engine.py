"""One step of an instance (load, complete a user task, save) against SpiffWorkflow as its documentation uses it.

Both run the same process (`twin`), interleaved in one run; the instance is loaded from its stored form each time, as a
web node does. Left out: the database, on both sides. npm `bpmn-engine` stands beside them on its own terms: in memory,
never saved.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState

from bench import twin
from bench.row import Row, interleaved
from service.dmn import read_model
from service.engine import Bundle, CaseValues, Complete, Start, apply, compile_bundle
from service.engine.expressions import Evaluation
from service.engine.state import load
from service.feel import Function

AT = datetime(2026, 4, 1, tzinfo=UTC)
FAR = datetime(2030, 1, 1, tzinfo=UTC)
EXPERTS = 20
LOADED = 500  # instances held at once, for their memory
PEERS = Path(__file__).resolve().parent.parent / "tests/peers"


class Ours:
    """An instance on our engine, driven by element ids."""

    functions: Mapping[str, Function] = {
        "due": Function(("days",), lambda days: FAR + timedelta(days=int(days))),
        "groups": Function(("role",), lambda role: [f"{role}@1"]),
    }
    case = CaseValues(view={}, lookup={}, functions=functions)

    def __init__(self) -> None:
        model = read_model(twin.decision(feel=True), file="eligible.dmn")
        self.bundle: Bundle = compile_bundle(
            {"p.bpmn": twin.ours()},
            decisions={"eligible": model},
            functions=self.functions,
            operations=None,
            forms=None,
        )
        self.open: dict[str, int] = {}
        self.state = b""
        self._take(apply(self.bundle, None, Start("p"), AT, self.case))

    def complete(self, element: str, **data: Any) -> None:
        """Complete an open task and keep the new state."""
        self._take(apply(self.bundle, self.state, Complete(self.open[element], data), AT, self.case))

    def step(self, element: str, **data: Any) -> Callable[[], object]:
        """The same step again and again from the state as it is now."""
        state, command = self.state, Complete(self.open[element], data)
        return lambda: apply(self.bundle, state, command, AT, self.case)

    def _take(self, step: Any) -> None:
        self.state = step.state
        self.open = {name: task for name, task in self.open.items() if task not in step.closed}
        self.open.update({work.element: work.task for work in step.opened})


class Theirs:
    """An instance on the bare library: parser, workflow and JSON serializer as documented."""

    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))

    def __init__(self) -> None:
        parser = SpiffBpmnParser()
        parser.add_dmn_str(twin.decision(feel=False))
        parser.add_bpmn_str(twin.theirs())
        environment = TaskDataEnvironment({"due": lambda days: (FAR + timedelta(days=days)).isoformat()})
        self.scripts = PythonScriptEngine(environment=environment)
        workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"), script_engine=self.scripts)
        workflow.do_engine_steps()
        self.state: str = self.serializer.serialize_json(workflow)

    def complete(self, element: str, **data: Any) -> None:
        """Complete an open task and keep the new state."""
        self.state = self.step(element, **data)()

    def step(self, element: str, **data: Any) -> Callable[[], str]:
        """The same step again and again from the state as it is now."""
        state = self.state

        def act() -> str:
            workflow = self.serializer.deserialize_json(state)
            workflow.script_engine = self.scripts
            ready = workflow.get_tasks(state=TaskState.READY, manual=True)
            task = next(task for task in ready if task.task_spec.bpmn_id == element)
            task.data.update(data)
            task.run()
            workflow.do_engine_steps()
            saved: str = self.serializer.serialize_json(workflow)
            return saved

        return act


def measure() -> Iterator[Row]:
    """Ratios of medians, the two taking turns."""
    ours, theirs = Ours(), Theirs()
    for side in (ours, theirs):
        side.complete("declare", **twin.FIRST_DATA)
    size = len(ours.state)
    early = ours.step("county", d1="pass")
    fresh = _compare(ours, theirs)
    yield _ratio("engine step: load, complete, save (41 nodes)", *fresh, goal=20)
    for side in (ours, theirs):
        for _ in range(50):
            side.complete("county", d1="return")
            side.complete("declare", **twin.FIRST_DATA)
    late = _compare(ours, theirs)
    yield _ratio("the same after 50 returns", *late, goal=80)
    first, fiftieth = interleaved(300, early, ours.step("county", d1="pass"))
    growth = fiftieth / first
    yield Row("our step after 50 returns against the first", "≤ ×1.1", f"×{growth:.2f}", growth <= 1.1)
    yield Row("state of a waiting instance", "≤ 1 KB", f"{size} B", size <= 1024)
    begin = statistics.median(interleaved(50, lambda: apply(ours.bundle, None, Start("p"), AT, ours.case))) * 1e3
    yield Row("start of an instance", "≤ 0.1 ms", f"{begin:.3f} ms", begin <= 0.1)
    yield from _experts()
    memory = _memory(ours) / 1024
    yield Row("memory of a loaded instance", "≤ 20 KB", f"{memory:.1f} KB", memory <= 20)
    yield from _beside_node(ours)


def _experts() -> Iterator[Row]:
    """One of twenty votes."""
    ours, theirs = Ours(), Theirs()
    for side in (ours, theirs):
        side.complete("declare", **twin.FIRST_DATA)
        side.complete("county", d1="pass")
        side.complete("city", d2="pass")
        side.complete("accept")
        side.complete("assign", experts=[f"expert-{number}" for number in range(EXPERTS)])
    size = len(ours.state)
    votes = ours.step("review", vote=70), theirs.step("review", vote=70)
    first, second = interleaved(20, *votes)
    yield _ratio(f"one vote of {EXPERTS} experts", first, second, goal=8)
    yield Row(f"state with {EXPERTS} experts", "≤ 3 KB", f"{size} B", size <= 3 * 1024)


def _memory(ours: Ours) -> float:
    """Bytes of one loaded instance beside the bundle, which all share."""
    evaluation = Evaluation(ours.bundle.expressions, ours.case, AT)
    load(ours.state, ours.bundle, evaluation)
    gc.collect()
    tracemalloc.start()
    held = [load(ours.state, ours.bundle, evaluation) for _ in range(LOADED)]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / len(held)


def _beside_node(ours: Ours) -> Iterator[Row]:
    """A task completed by npm `bpmn-engine` in memory; ours loads and saves each time, and is not slower for it."""
    node = Path(sys.executable).with_name("node")
    if not (PEERS / "node_modules/bpmn-engine").is_dir() or not node.exists():
        yield Row("a task completed, beside npm bpmn-engine in memory", "faster", "not installed", met=False)
        return
    tasks = [["county", {"d1": "return"}], ["declare", twin.FIRST_DATA]]
    command = [str(node), "--preserve-symlinks", "bpmn-engine.mjs", "50", *map(json.dumps, tasks)]
    done = subprocess.run(command, cwd=PEERS, input=twin.javascript(), capture_output=True, check=True)  # noqa: S603 # ours
    theirs_s = json.loads(done.stdout)["median"] / 1e3
    (ours_s,) = interleaved(20, ours.step("county", d1="return"))
    told = f"×{theirs_s / ours_s:.0f} ({ours_s * 1e3:.3f} ms against {theirs_s * 1e3:.1f} ms)"
    yield Row("a task loaded, completed, saved, beside npm bpmn-engine in memory", "faster", told, ours_s < theirs_s)


def _compare(ours: Ours, theirs: Theirs) -> tuple[float, float]:
    first, second = interleaved(20, ours.step("county", d1="pass"), theirs.step("county", d1="pass"))
    return first, second


def _ratio(what: str, ours: float, theirs: float, *, goal: int) -> Row:
    ratio = theirs / ours
    return Row(what, f"≥ ×{goal}", f"×{ratio:.0f} ({ours * 1e3:.3f} ms against {theirs * 1e3:.2f} ms)", ratio >= goal)
