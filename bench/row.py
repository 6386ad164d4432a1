"""One line of the results: what was measured, what the goal was, and whether it was met."""

from __future__ import annotations

import gc
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


def interleaved(rounds: int, *acts: Callable[[], object], calls: int = 10) -> Sequence[float]:
    """The median processor seconds of each act, the acts taking turns so that a busy machine is unfair to none.

    A turn is `calls` calls of one act, as a node does its own work over and over and not the other's between. What is
    alive before the first turn is kept out of the garbage collector's sight, for all acts alike.
    """
    times: list[list[float]] = [[] for _ in acts]
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for act, taken in zip(acts, times, strict=True):
            begun = time.process_time()
            for _ in range(calls):
                act()
            taken.append((time.process_time() - begun) / calls)
    gc.unfreeze()
    return [statistics.median(taken) for taken in times]
