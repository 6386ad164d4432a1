"""Joins in loops against an oracle; the bare library fires early in about a third of these runs."""

from __future__ import annotations

import random

import pytest

from service.engine import Bundle, Complete, Start, apply
from tests.engine.play import BEGIN, Play, bundle_of
from tests.engine.sketch import sketch

PARALLEL = [
    "start s", "user u0 a b c a2 z | out =k -> k", "xor x", "and g j", "end e",
    "s > u0 > g", "g > a > a2 > j", "g > b > j", "g > c > j", "j > z > x", "x > u0 if odd(k)", "x ~ e",
]  # fmt: skip
INCLUSIVE = [
    "start s", "user u0 a b c z | out =k -> k", "xor x", "or g j", "end e", "s > u0 > g",
    "g > a if k >= 0", "a > j", "g > b if even(k)", "b > j", "g > c if modulo(k, 3) = 0", "c > j",
    "j > z > x", "x > u0 if odd(k)", "x ~ e",
]  # fmt: skip
RUNS = 400
STEPS = 40


def _after(element: str, k: int, expected: set[str], parallel: bool) -> set[str]:
    """What must be open when this task has been completed with k."""
    expected = expected - {element}
    if element == "u0":
        some = {"a"} | ({"b"} if k % 2 == 0 else set()) | ({"c"} if k % 3 == 0 else set())
        return {"a", "b", "c"} if parallel else some
    if element == "a" and parallel:
        expected.add("a2")
    if element == "z":
        return {"u0"} if k % 2 else set()
    return expected or {"z"}


def _wrong(bundle: Bundle, parallel: bool, seed: int) -> bool:
    """Whether one random run differs from the oracle anywhere."""
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    step = apply(bundle, None, Start("p", {"k": 0}), BEGIN)
    work: dict[int, str] = {}
    expected = {"u0"}
    for _ in range(STEPS):
        work = {task: e for task, e in work.items() if task not in step.closed}
        work |= {opened.task: opened.element for opened in step.opened}
        if sorted(work.values()) != sorted(expected) or bool(expected) == step.ended:
            return True
        if not expected:
            return False
        task = r.choice(sorted(work))
        k = r.randrange(6)
        step = apply(bundle, step.state, Complete(task, {"k": k}), BEGIN)
        expected = _after(work[task], k, expected, parallel)
    return False


@pytest.mark.parametrize(("model", "parallel"), [(PARALLEL, True), (INCLUSIVE, False)], ids=["parallel", "inclusive"])
def test_no_join_fires_early_or_never_in_400_runs(model: list[str], parallel: bool) -> None:
    bundle = bundle_of(sketch([*model]))
    assert [seed for seed in range(RUNS) if _wrong(bundle, parallel, seed)] == []


def test_a_join_that_waits_for_ever_is_an_incident_and_the_act_before_it_is_kept() -> None:
    play = Play(
        ["start s", "xor x", "user a | out =n -> n", "and j", "end e", "s > x", "x > a if true", "x ~ j", "a > j > e"]
    )
    play.start().done("a", n=1)
    assert play.stuck == {"j": "dead-join"}
    assert play.step.variables == {"n": 1}


def test_the_state_does_not_grow_with_returns() -> None:
    bundle = bundle_of(sketch([*PARALLEL]))
    play = Play(bundle).start(k=0)
    sizes = []
    for _ in range(50):
        for element in ("u0", "a", "a2", "b", "c"):
            play.done(element, k=1)
        sizes.append(len(play.step.state))
        play.done("z", k=1)
    assert max(sizes) - min(sizes) <= 20
