"""Random walks through every diagram that ships: nothing is raised, nothing hangs, no state grows."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.walk import PROGRAMMES, Walk, diagrams, started, step


@pytest.mark.parametrize("folder", PROGRAMMES, ids=lambda folder: folder.name)
def test_random_walks_never_hang(folder: Path) -> None:
    walk = Walk(diagrams(folder))
    ended: Counter[str] = Counter()
    for index, process in enumerate(sorted(walk.bundle.processes)):
        for seed in range(3):
            r = random.Random(1000 * index + seed)  # noqa: S311 - reproducible choices, no secret
            play = started(walk, process, r)
            for _ in range(60):
                if not step(walk, play, r):
                    break
                assert len(play.step.state) < 4096
            assert not play.step.incidents, (process, seed, play.step.incidents)
            hangs = not (play.step.ended or play.work or play.jobs or play.step.timers or play.step.messages)
            assert not hangs, (process, seed)
            ended["ended" if play.step.ended else "open"] += 1
    assert ended["ended"] > ended["open"]
