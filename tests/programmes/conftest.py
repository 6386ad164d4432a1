"""What every scenario stands on: a stage on a copy of the prepared database, and stories that were played before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.simulator.story import ROW
from tests.support.stage import Stage, at
from tests.support.telling import Played, Telling, prepared_for, usual_of

KEY: pytest.StashKey[str] = pytest.StashKey()


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """The folder of a feature is the key of its programme."""
    request.node.stash[KEY] = Path(feature.filename).parent.name


def pytest_bdd_apply_tag(tag: str, function: Any) -> bool | None:
    """The id of a requirement is read by the map of the requirements and is no mark; other tags are marks."""
    return True if re.fullmatch(ROW, tag) else None


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """How far each story has been played in this process, and the database at that point."""
    return Played(tmp_path_factory.mktemp("played"))


@pytest.fixture
def telling(request: pytest.FixtureRequest, run_folder: Path, tmp_path: Path, played: Played) -> Iterator[Telling]:
    """The scenario's stage, with the usual story to take words from."""
    key = request.node.stash[KEY]
    story = usual_of(key)
    stage = Stage.on_copy(prepared_for(story, run_folder), tmp_path, key, at(story.starts_on))
    told = Telling(stage, story, played)
    yield told
    told.stage.close()
