"""Random walks through the diagrams of a programme: decisions, functions and operations answer whatever fits."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from service.dmn import DecisionModel, read_model
from service.engine import Bundle, CaseValues, Command, Complete, Fire, Publish, SetVariables, apply, compile_bundle
from service.feel import Function
from tests.engine.play import BEGIN, Play

FOLDER = Path(__file__).parents[2] / "bpmn"
PROGRAMMES = sorted(path.parent for path in FOLDER.glob("*/programme.toml"))
COMPARED = re.compile(r'([a-z_]+) (?:=|!=|<|>|<=|>=) ("[^"]*"|true|false|\d+)')
CONTAINED = re.compile(r"list contains\(\[([^\]]*)\], ([a-z_]+)\)")
FUNCTIONS = ("groups", "deadline", "reminders")
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
ITEMS = [{"id": 1, "expert_id": 1}, {"id": 2, "expert_id": 2}]


def diagrams(folder: Path) -> dict[str, bytes]:
    """A programme's diagrams; its own file replaces its namesake among the shared ones."""
    paths = (*sorted((FOLDER / "common").glob("*.bpmn")), *sorted(folder.glob("*.bpmn")))
    return {path.name: path.read_bytes() for path in paths}


def _stub(ids: set[str]) -> dict[str, DecisionModel]:
    """Decisions that answer what the walk puts into the case."""
    each = (
        f'<decision id="{id_}" name="{id_}"><literalExpression id="l_{id_}"><text>case.answers.{id_}</text>'
        "</literalExpression></decision>"
        for id_ in sorted(ids)
    )
    xml = f'<definitions xmlns="{NAMESPACE}" id="d" name="d" namespace="x">{"".join(each)}</definitions>'
    return dict.fromkeys(ids, read_model(xml.encode(), file="stub.dmn"))


class Walk:
    """Everything a random walk through one programme's diagrams needs."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        text = b"".join(files.values()).decode().replace("&#34;", '"').replace("&quot;", '"')
        self.ids = set(re.findall(r'decisionId="([^"]+)"', text))
        self.results = dict(re.findall(r'decisionId="([^"]+)" resultVariable="([^"]+)"', text))
        self.lists = set(re.findall(r'inputCollection="=([a-z_]+)["[]', text))
        self.lookups = set(re.findall(r'inputCollection="=lookup\.([a-z_]+)"', text))
        self.codes: dict[str, list[Any]] = {}
        for name, value in COMPARED.findall(text):
            self.codes.setdefault(name, []).append(_read(value))
        for values, name in CONTAINED.findall(text):
            self.codes.setdefault(name, []).extend(_read(value.strip()) for value in values.split(","))
        for source, target in re.findall(r'<zeebe:output source="=([a-z_]+)" target="([a-z_]+)"', text):
            self.codes.setdefault(source, []).extend(self.codes.get(target, []))
        self.bundle: Bundle = compile_bundle(
            files, decisions=_stub(self.ids), functions=FUNCTIONS, operations=None, forms=None
        )

    def asked(self, process: str, element: str) -> set[str]:
        """The names that an operation's output mappings read."""
        specs = (spec for spec in self.bundle.specs.values() if spec.process == process)
        node = next(spec.task_specs[element].node for spec in specs if element in spec.task_specs)
        return {source.lstrip("= ").split(".")[0] for source, _ in node.outputs if source[1:].isidentifier()}

    def answers(self, r: random.Random) -> dict[str, Any]:
        """A value for every name that a condition compares."""
        some = {name: r.choice(values) for name, values in self.codes.items() if values}
        return {name: _other(r, value) for name, value in some.items()} | dict.fromkeys(self.lists, ITEMS)

    def told(self, r: random.Random) -> dict[str, Any]:
        """What a message brings: as answers, but nothing maps its "yes" to the truth that a condition asks for."""
        flags = {name for name, values in self.codes.items() if any(isinstance(value, bool) for value in values)}
        return self.answers(r) | {name: r.random() < 0.5 for name in sorted(flags)}

    def case(self, r: random.Random, now: datetime) -> CaseValues:
        """What FEEL may ask at this step."""
        answers = self.answers(r)
        functions = {
            "groups": Function(("role", "who"), lambda role, who=None: [f"{role}@1"], optional=1),
            "deadline": Function(("name",), lambda name: r.choice([None, now + timedelta(days=9)])),
            "reminders": Function(("name",), lambda name: [now + timedelta(days=days) for days in (3, 6)]),
        }
        answered = {id_: answers.get(self.results.get(id_, ""), "x") for id_ in self.ids}
        view = {"id": "7", "register": {"number": "R1"}, "answers": answered}
        return CaseValues(view, dict.fromkeys(self.lookups, ITEMS), functions)


def _read(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return value.strip('"') if value.startswith('"') else int(value)


def _other(r: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return r.random() < 0.8
    return r.randrange(3) if isinstance(value, int) else value


def choices(r: random.Random, play: Play, walk: Walk) -> list[Command]:
    given = walk.answers(r)
    for task, job in play.jobs.items():  # operations are answered at once, with what the diagram asks them for
        asked = walk.asked(job.process, job.element)
        return [Complete(task, {name: given.get(name, "x") for name in asked})]
    out: list[Command] = [Complete(task, given) for task in play.work]
    if not out or r.random() < 0.15:
        out += [Fire(timer.task) for timer in play.step.timers if timer.due is not None]
        out += [Publish(wait.name, wait.key, {"objection_id": "A", **walk.told(r)}) for wait in play.step.messages]
    return out


def started(walk: Walk, process: str, r: random.Random) -> Play:
    """A new instance of a process."""
    play = Play(walk.bundle)
    play.case = walk.case(r, BEGIN)
    return play.start(process, case_id="7", call_id="1", handler="office")


def resumed(walk: Walk, state: str, r: random.Random) -> Play:
    """A stored instance, loaded; nothing is done with it yet."""
    play = Play(walk.bundle)
    play.case = walk.case(r, BEGIN)
    play.last = apply(walk.bundle, state.encode(), SetVariables({}), BEGIN, play.case)
    play.work = {live.task: live for live in play.last.live if live.kind == "userTask" and not live.stuck}
    return play


def step(walk: Walk, play: Play, r: random.Random) -> bool:
    """One random command; False where nothing is left to do."""
    found = choices(r, play, walk)
    if play.step.ended or not found:
        return False
    play.case = walk.case(r, play.now)
    play.do(r.choice(found))
    return True
