"""What was stored by a released version loads in this one, means the same, and goes on to its end."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from service.engine import SetDue, view
from service.engine.state import FORMAT
from service.programmes.folder import programme_keys
from service.settings import ROOT
from tests.engine.freeze import STATES
from tests.engine.play import Play
from tests.engine.walk import Walk, resumed, step

FROZEN = sorted(path.parent for path in STATES.glob("*/*/states.json"))


def _ids(folder: Path) -> str:
    return f"{folder.parent.name} {folder.name}"


def _ended(walk: Walk, state: str) -> bool:
    """Whether one of a few random walks from here comes to the end."""
    for seed in range(20):
        r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
        play: Play = resumed(walk, state, r)
        for _ in range(150):
            for timer in [timer for timer in play.step.timers if timer.due is None]:
                play.do(SetDue(timer.task, play.now))  # a deadline that has been set since
            if not step(walk, play, r):
                break
            assert not play.step.incidents, play.step.incidents
        if play.step.ended:
            return True
    return False


@pytest.mark.parametrize("folder", FROZEN, ids=_ids)
@pytest.mark.parametrize("share", [5, pytest.param(1, marks=pytest.mark.proof)])
def test_a_frozen_state_loads_and_goes_on_to_its_end(folder: Path, share: int) -> None:
    """Each loads and says where it stands; every fifth is played to its end, in the proof every one."""
    walk = Walk({path.name: path.read_bytes().rstrip(b"\n") for path in folder.glob("*.bpmn")})
    states = json.loads((folder / "states.json").read_text(encoding="utf-8"))
    assert len(states) > 50
    for number, (place, state) in enumerate(states.items()):
        process, *path = place.split()
        assert json.loads(state)[0] == FORMAT
        assert tuple(path) in {live.path for live in view(walk.bundle, state.encode())}, place
        assert json.loads(state)[2] == process
        assert number % share or _ended(walk, state), place


def test_every_programme_is_frozen() -> None:
    assert {folder.name for folder in FROZEN} >= set(programme_keys(ROOT))
