"""Random diagrams and random histories: the engine against the token game, saved and loaded at every step."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest

from service.domain.errors import DeploymentRefused
from service.engine import Command, Complete, Fire, Publish, Start, Throw
from tests.engine.drawing import CODES, draw, lines
from tests.engine.net import Net
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import sketch
from tests.engine.token_game import BUDGET, Game, Scope, Token

STEPS = 14
MOST = 40  # games side by side, beyond which a history is broken off
Place = Scope | Token
Change = Callable[[Game, Place], bool]
Seen = tuple[list[str], list[str], list[str]]


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    """The game recurses where the engine does not."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(limit)


def _done(task: str) -> Change:
    """A user task, one turn of it, or a job is completed."""

    def change(game: Game, place: Place) -> bool:
        if not isinstance(place, Token) or place.node != task or place.state != "open":
            return False
        place.left -= 1
        if not place.left:
            game.leave(place)
        return True

    return change


def _happened(event: str) -> Change:
    """A timer fires, or a message comes."""

    def change(game: Game, place: Place) -> bool:
        if isinstance(place, Scope):
            if _listens(place) != event or place.net.event is None:
                return False
            game.start(place, place.net.event[0])
            return True
        armed = [catch for catch in place.armed if catch.node == event]
        if armed:
            game.happen(place, armed[0])
        return bool(armed)

    return change


def _listens(scope: Scope) -> str | None:
    """What an observer calls the event that an event sub-process waits for: a message's name, or the start's id."""
    if not scope.listening or scope.net.event is None:
        return None
    catch, inside = scope.net.event
    return (
        next(node for node, kind in inside.kind.items() if kind == "start") if catch.trigger == "timer" else catch.node
    )


def _failed(job: str, code: str) -> Change:
    """An operation throws an error."""

    def change(game: Game, place: Place) -> bool:
        if not isinstance(place, Token) or place.node != job or place.state != "open":
            return False
        if not game.throw(place, "error", code):
            place.state = "parked"
        return True

    return change


def _places(game: Game) -> list[Place]:
    return [place for scope in game.scopes() for place in (scope, *scope.tokens)]


def _after(games: list[Game], change: Change, k: int) -> list[Game]:
    """Every game that may follow, at each place where the change applies; more than `MOST` are not all of them."""
    out: dict[str, Game] = {}
    for game in games:
        for index in range(len(_places(game))):
            other = deepcopy(game)
            other.k, other.left = k, BUDGET
            if change(other, _places(other)[index]):
                out.update((repr(_key(rested.root)), rested) for rested in other.rest())
            if len(out) > MOST:
                return list(out.values())
    return list(out.values())


def _key(scope: Scope) -> tuple[object, ...]:
    tokens = (
        (t.node, t.state, sorted(c.node for c in t.armed), t.left, t.inside and _key(t.inside)) for t in scope.tokens
    )
    return sorted(map(repr, tokens)), sorted((+scope.waiting).items()), scope.listening


def _parked(game: Game) -> bool:
    """Whether something cannot go on."""
    return any(
        any(token.state == "parked" for token in scope.tokens) or (+scope.waiting and not scope.tokens)
        for scope in game.scopes()
    )


def _ended(game: Game) -> bool:
    return not game.root.tokens and not +game.root.waiting


def _shown(game: Game) -> Seen:
    """What an observer sees: open tasks and jobs, timers and messages that wait."""
    tasks: list[str] = []
    events: list[tuple[str, str]] = []
    for scope in game.scopes() if not _ended(game) else ():
        listens = _listens(scope)
        if listens is not None and scope.net.event is not None:
            events.append((scope.net.event[0].trigger, listens))
        for token in scope.tokens:
            events += [(catch.trigger, catch.node) for catch in token.armed]
            tasks += [token.node] * (token.left if token.state == "open" and token.inside is None else 0)
    timers, messages = ([name for trigger, name in events if trigger == kind] for kind in ("timer", "message"))
    return sorted(tasks), sorted(timers), sorted(messages)


def _seen(play: Play) -> Seen:
    step = play.step
    return (
        sorted(thing.element for thing in (*play.work.values(), *play.jobs.values())),
        sorted(timer.element for timer in step.timers),
        sorted(wait.name for wait in step.messages),
    )


def _choose(r: random.Random, play: Play, k: int) -> tuple[Command, Change, int] | None:
    found: list[tuple[Command, Change, int]] = []
    for task, thing in (play.work | play.jobs).items():
        given = r.randrange(5)
        found.append((Complete(task, {"k": given}), _done(thing.element), given))
    for task, job in play.jobs.items():
        code = r.choice(CODES)
        found.append((Throw(task, code), _failed(job.element, code), k))
    found += [(Fire(timer.task), _happened(timer.element), k) for timer in play.step.timers]
    found += [(Publish(wait.name, 1), _happened(wait.name), k) for wait in play.step.messages]
    return r.choice(found) if found else None


def _agreeing(games: list[Game], play: Play) -> list[Game]:
    got = _seen(play)
    return [game for game in games if not _parked(game) and _shown(game) == got and _ended(game) == play.step.ended]


def _run(seed: int) -> str:
    r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
    net = draw(r)
    try:
        play = Play(bundle_of(sketch(lines(net))))
    except DeploymentRefused as refused:
        codes = {problem.code for problem in refused.problems}
        return "refused" if codes == {"endless-cycle"} else f"refused for {codes}"
    return _compared(seed, r, net, play)


def _compared(seed: int, r: random.Random, net: Net, play: Play) -> str:
    k = 0
    games = Game(net, k).rest()
    command: Command = Start("p", {"k": k})
    for _ in range(STEPS):
        if any(game.left < 0 for game in games):
            return "endless"  # how the engine stops is tested elsewhere
        play.do(command)
        if play.step.incidents:
            assert any(_parked(game) for game in games), (seed, lines(net), command, play.stuck)
            return "incident"
        games = _agreeing(games, play)
        assert games, (seed, lines(net), command, _seen(play))
        chosen = _choose(r, play, k)
        if play.step.ended or chosen is None or len(play.work) > 25:
            break
        command, change, k = chosen
        games = _after(games, change, k)
        if len(games) > MOST:
            break
    return "ended" if play.step.ended else "open"


def test_the_engine_plays_the_token_game() -> None:
    results = Counter(_run(seed) for seed in range(500))
    assert set(results) == {"ended", "open", "incident", "refused", "endless"}


@pytest.mark.proof
def test_the_engine_plays_the_token_game_for_long() -> None:
    results = Counter(_run(seed) for seed in range(500, 20_500))
    assert results["ended"] + results["open"] > 10_000
