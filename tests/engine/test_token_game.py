"""Random diagrams and random histories: the engine against the token game, saved and loaded at every step."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from service.domain.errors import DeploymentRefused
from service.engine import Command, Complete, Fire, Publish, Start
from tests.engine import token_game as game
from tests.engine.drawing import draw, lines
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import sketch
from tests.engine.token_game import TROUBLE, Net, Outcome

STEPS = 14


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    """The game recurses where the engine does not."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(limit)


def _choose(r: random.Random, play: Play, k: int) -> tuple[Command, game.Change, int] | None:
    choices: list[tuple[str, int, str]] = [("done", task, work.element) for task, work in play.work.items()]
    choices += [("fire", timer.task, timer.element) for timer in play.step.timers]
    choices += [("message", 0, wait.name) for wait in play.step.messages]
    if not choices:
        return None
    word, task, name = r.choice(choices)
    if word == "done":
        given = r.randrange(5)
        return Complete(task, {"k": given}), game.done(name, given), given
    if word == "fire":
        return Fire(task), game.fired(name, k), k
    return Publish(name, 1), game.message(name, k), k


def _seen(play: Play) -> tuple[list[str], list[str], list[str]]:
    step = play.step
    return (
        sorted(work.element for work in play.work.values()),
        sorted(timer.element for timer in step.timers),
        sorted(wait.name for wait in step.messages),
    )


def _run(seed: int) -> str:
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    net = draw(r)
    try:
        play = Play(bundle_of(sketch(lines(net))))
    except DeploymentRefused as refused:
        codes = {problem.code for problem in refused.problems}
        return "refused" if codes == {"endless-cycle"} else f"refused for {codes}"
    k = 0
    scopes = game.begin(net, k)
    command: Command = Start("p", {"k": k})
    for _ in range(STEPS):
        play.do(command)
        if play.step.incidents:
            assert TROUBLE in scopes, (seed, lines(net), play.stuck)
            return "incident"
        scopes = _agreeing(net, scopes, play)
        assert scopes, (seed, lines(net), command, _seen(play))
        chosen = _choose(r, play, k)
        if play.step.ended or chosen is None or len(play.work) > 25 or len(scopes) > 40:
            break
        command, change, k = chosen
        scopes = set().union(*(game.each(net, scope, change, k) for scope in scopes))
    return "ended" if play.step.ended else "open"


def _agreeing(net: Net, scopes: set[Outcome], play: Play) -> set[Outcome]:
    got = _seen(play)
    return {s for s in scopes if s != TROUBLE and game.seen(net, s) == got and game.empty(s) == play.step.ended}


def test_the_engine_plays_the_token_game() -> None:
    results = Counter(_run(seed) for seed in range(250))
    assert set(results) == {"ended", "open", "incident", "refused"}


@pytest.mark.proof
def test_the_engine_plays_the_token_game_for_long() -> None:
    results = Counter(_run(seed) for seed in range(250, 6_250))
    assert results["ended"] + results["open"] > 3_000
