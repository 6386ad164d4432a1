"""What a bundle says an element can come to read is enough: with only that part of the case, a step is the same."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from service.domain.errors import DeploymentRefused
from service.engine import CaseValues, Command, Complete, Fire, Publish, Retry, Start, apply
from service.engine.decisions import pruned
from tests.engine.drawing import draw, lines
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import sketch


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(limit)


def _choices(play: Play) -> list[tuple[Command, tuple[str, str] | None]]:
    """Every command that fits, with the process and element it begins at."""
    out: list[tuple[Command, tuple[str, str] | None]] = [
        (Complete(work.task), (work.process, work.element)) for work in play.work.values()
    ]
    out += [(Fire(timer.task), (timer.process, timer.element)) for timer in play.step.timers]
    out += [(Retry(row.task), (row.process, row.element)) for row in play.step.incidents]
    return out + [(Publish(wait.name, wait.key), None) for wait in play.step.messages]


def _run(seed: int) -> str:
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    xml = sketch(lines(draw(r))).decode().replace("=k ", "=case.k ").replace('"=k"', '"=case.k"')
    try:
        play = Play(bundle_of(xml.encode()))
    except DeploymentRefused:
        return "refused"
    command: Command = Start("p")
    place: tuple[str, str] | None = ("p", "")
    read = 0
    for _ in range(10):
        play.case = CaseValues({"k": r.choice([0, 1, 2, 3, 4, 4, None]), "other": 1})
        paths = play.bundle.all_paths if place is None else play.bundle.paths(*place)
        part = CaseValues(pruned(play.case.view, (path[1:] for path in paths if path[0] == "case")))
        before = play.last.state if play.last is not None else None
        less = apply(play.bundle, before, command, play.now, part)
        play.do(command)
        assert less == play.step, (seed, command, place, paths)
        read += not part.view
        choices = _choices(play)
        if play.step.ended or not choices or len(play.work) > 25:
            break
        command, place = r.choice(choices)
    return "without the case" if read else "with the case"


def test_a_step_needs_no_more_of_the_case_than_was_said() -> None:
    results = Counter(_run(seed) for seed in range(150))
    assert set(results) == {"refused", "without the case", "with the case"}


@pytest.mark.proof
def test_a_step_needs_no_more_in_thousands_of_diagrams() -> None:
    results = Counter(_run(seed) for seed in range(150, 4_150))
    assert results["without the case"] > 500
