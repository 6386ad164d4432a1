"""Offices on the sample programmes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.office import SAMPLE, Office, sqlite_office
from tests.support.panel import PROGRAMME


@pytest.fixture
def panel(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample panel, on Monday 3 March 2025, nine o'clock in Beijing."""
    with sqlite_office(run_folder, tmp_path, PROGRAMME, datetime(2025, 3, 3, 1, 0, tzinfo=UTC), models="panel") as one:
        yield one


@pytest.fixture
def two_dates(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample programme of two dates, on Friday 1 April 2022, nine o'clock in Beijing."""
    with sqlite_office(run_folder, tmp_path, SAMPLE, datetime(2022, 4, 1, 1, 0, tzinfo=UTC)) as office:
        yield office
