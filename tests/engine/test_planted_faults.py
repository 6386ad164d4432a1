"""The token game can see: one rule of the engine broken at a time, and some history tells."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from service.engine import activities, events, gateways, loops, stepping, throws
from service.engine.spiff import WAITING, Frame, Token
from tests.engine import test_token_game as game

HISTORIES = 400


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(limit)


def _eager_join(self: gateways.ParallelGateway, token: Token) -> bool:
    """A parallel join that waits for nobody."""
    token.internal_data.pop("flow", None)
    return True


def _early_inclusive(self: gateways.InclusiveGateway, frame: Frame, by_flow: Mapping[str, Token]) -> bool:
    """An inclusive join that does not look who may still come."""
    return True


def _all_of_them(self: gateways.Choice, token: Token) -> bool | None:
    """A choice that takes every flow."""
    token.chosen = self.ways
    return True


def _once_only(self: events.Catch, token: Token) -> None:
    """A non-interrupting event that never happens again."""


def _beside(self: events.Boundary, token: Token, payload: dict[str, Any] | None = None) -> None:
    """An interrupting boundary event that leaves its activity alone."""
    events.Catch.fire(self, token, payload)


def _left_alone(frame: Frame, stays: Token) -> None:
    """What ends a scope leaves the others in it."""


def _still_armed(self: activities.Activity, token: Token) -> None:
    """Events beside an activity that is done go on waiting."""


def _first_turn(self: loops.MultiInstance, token: Token, enough: bool = False) -> None:
    """A loop that is over after its first turn."""
    for turn in token.children:
        turn.cancel()
    token._ready()


def _outermost(token: Token | None) -> Iterator[list[Token]]:
    """Errors that look for who takes them from the outside in."""
    yield from reversed(list(CATCHERS(token)))


def _any_code(token: Token, kind: str, code: str) -> bool:
    """Errors that are taken whatever their code."""
    for near in CATCHERS(token):
        for other in near:
            waits = other._state == WAITING and other.stuck is None and isinstance(other.task_spec, events.Catch)
            if waits and stepping.catch_of(other).event.kind == kind:
                stepping.catch_of(other).fire(other)
                return True
    return False


CATCHERS = stepping._catchers
FAULTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "a parallel join waits for nobody": (gateways.ParallelGateway, "arrive", _eager_join),
    "an inclusive join goes on at once": (gateways.InclusiveGateway, "may_fire", _early_inclusive),
    "a choice takes all flows": (gateways.Choice, "act", _all_of_them),
    "an event happens once only": (events.Catch, "again", _once_only),
    "an interrupting event does not interrupt": (events.Boundary, "fire", _beside),
    "an interrupting event sub-process does not interrupt": (events, "clear", _left_alone),
    "an end of all ends nothing": (throws, "clear", _left_alone),
    "events outlive their activity": (activities.Activity, "release", _still_armed),
    "a loop ends with its first turn": (loops.MultiInstance, "go_on", _first_turn),
    "errors are taken outside first": (stepping, "_catchers", _outermost),
    "errors are taken whatever their code": (stepping, "throw", _any_code),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_game_sees_a_planted_fault(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, broken = FAULTS[fault]
    monkeypatch.setattr(place, name, broken)
    for seed in range(HISTORIES):
        try:
            game._run(seed)
        except AssertionError:
            return
    raise AssertionError(f"{HISTORIES} histories did not see it")
