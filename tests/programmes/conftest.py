"""What every scenario stands on: a stage on a copy of the prepared database, and stories that were played before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.simulator.cast import Lead
from service.simulator.story import Story
from tests.support.stage import Stage, at, prepared
from tests.support.telling import Played, Telling, declaration_of, member_rows, story_of

pytest_plugins = ["tests.programmes.steps"]
USUAL = "filed"


KEY: pytest.StashKey[str] = pytest.StashKey()


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """The folder of a feature is the key of its programme."""
    request.node.stash[KEY] = Path(feature.filename).parent.name


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """How far each story has been played in this process, and the database at that point."""
    return Played(tmp_path_factory.mktemp("played"))


@pytest.fixture
def telling(request: pytest.FixtureRequest, run_folder: Path, tmp_path: Path, played: Played) -> Iterator[Telling]:
    """The scenario's stage, with the usual story to take words from."""
    key = request.node.stash[KEY]
    story = story_of(key, USUAL)
    template = prepared(run_folder, key, lead=_lead(story), members=_codes(story))
    told = Telling(Stage.on_copy(template, tmp_path, key, at(story.starts_on)), story, played)
    yield told
    told.stage.close()


def _lead(story: Story) -> Lead:
    lead = declaration_of(story)["lead"]
    return Lead(name=lead["name"], credit_code=lead["credit_code"])


def _codes(story: Story) -> list[str]:
    return [row["credit_code"] for row in member_rows(story, 15, 9)]
