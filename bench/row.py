"""One line of the results: what was measured, what the goal was, and whether it was met."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A measured figure beside its goal, both as a reader sees them."""

    what: str
    goal: str
    measured: str
    met: bool


def interleaved(rounds: int, *acts: Callable[[], object]) -> Sequence[float]:
    """The median seconds of each act, the acts taking turns so that a busy machine is unfair to none."""
    times: list[list[float]] = [[] for _ in acts]
    for _ in range(rounds):
        for act, taken in zip(acts, times, strict=True):
            begun = time.perf_counter()
            act()
            taken.append(time.perf_counter() - begun)
    return [statistics.median(taken) for taken in times]
