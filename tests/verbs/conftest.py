"""An office that has every kind of task: one matter with branches and votes, and six ways to vote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.office import Office, sqlite_office

BEGIN = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
PROGRAMME = "sample-verbs"


@pytest.fixture
def office(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample programme of verbs on SQLite, on Monday 3 March 2025, nine o'clock in Beijing."""
    with sqlite_office(run_folder, tmp_path, PROGRAMME, BEGIN, models="verbs") as found:
        yield found
