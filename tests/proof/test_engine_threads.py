"""One bundle, eight threads, a hundred thousand steps: nothing fails, and each walk is what it is in one thread."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.engine import Bundle, Command, Complete, Fire, Publish, Start, Step, apply
from tests.engine.play import BEGIN, bundle_of
from tests.engine.sketch import Lines, sketch

THREADS, STEPS, LONGEST = 8, 100_000, 60
MODEL: Lines = [
    "start s", "user u | out =k -> k", "on r u | timer cycle R3/PT1H | beside", "user n", "and f j", "or g h",
    "user v | out =k -> x | each =[1,2,3] as i | collect xs =i * x | until =numberOfCompletedInstances >= 2",
    "sub sp", ["start a", "user w | out =k -> k", "catch c | message m key =1", "end z", "a > w > c > z"],
    "user b d t", "xor x", "end e", "call cl q",
    "s > u > f", "r > n > e", "f > v > j", "f > sp > j", "j > g", "g > b if k > 1", "g > d if odd(k)", "g ~ t",
    "b > h", "d > h", "t > h", "h > cl > x", "x > u if k > 2", "x ~ e",
    "eventsub ev", ["start es | message note key =1 | beside", "user et", "end ee", "es > et > ee"],
]  # fmt: skip
CALLED: Lines = ["start qs", "user y | out =k -> k", "end qe", "qs > y > qe"]


def _walk(bundle: Bundle, seed: int) -> tuple[str, int]:
    """A digest of every state on the way, and how many steps it took."""
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    digest, work, count = hashlib.sha256(), set[int](), 0
    command: Command | None = Start("p", {"k": 1})
    step: Step | None = None
    while command is not None and count < LONGEST:
        step = apply(bundle, step and step.state, command, BEGIN)
        assert not step.incidents, step.incidents
        digest.update(step.state)
        count += 1
        work = (work | {one.task for one in step.opened}) - set(step.closed)
        command = _next(r, step, sorted(work))
    return digest.hexdigest(), count


def _next(r: random.Random, step: Step, work: list[int]) -> Command | None:
    if step.ended:
        return None
    choices: list[Callable[[], Command]] = []
    if work:
        task = r.choice(work)
        choices += [lambda: Complete(task, {"k": r.randrange(5)})] * 6
    if step.timers:
        timer = r.choice(step.timers).task
        choices.append(lambda: Fire(timer))
    choices.append(lambda: Publish(r.choice(["m", "note"]), 1))
    return r.choice(choices)()


@pytest.mark.proof
def test_eight_threads_share_one_bundle(record_property: Callable[[str, object], None]) -> None:
    bundle = bundle_of(sketch(MODEL, {"q": CALLED}))
    results: dict[int, tuple[str, int]] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        seeds = range(0, STEPS // 8)
        for first in range(0, len(seeds), 1000):
            batch = seeds[first : first + 1000]
            results.update(zip(batch, pool.map(lambda seed: _walk(bundle, seed), batch), strict=True))
            if sum(count for _, count in results.values()) >= STEPS:
                break
    steps = sum(count for _, count in results.values())
    record_property("figures", f"{steps} steps of {len(results)} instances in {THREADS} threads, 0 errors")
    assert steps >= STEPS
    alone = bundle_of(sketch(MODEL, {"q": CALLED}))
    for seed in list(results)[::20]:
        assert _walk(alone, seed) == results[seed]
