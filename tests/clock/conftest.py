"""Offices whose deadlines the tests wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.mailbox import Mailbox, mailbox
from tests.support.office import SAMPLE, Office, sqlite_office

MONDAY = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)  # nine o'clock in Beijing


@pytest.fixture
def two_dates(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample programme of two dates, on Friday 1 April 2022, nine o'clock in Beijing."""
    with sqlite_office(run_folder, tmp_path, SAMPLE, datetime(2022, 4, 1, 1, 0, tzinfo=UTC)) as office:
        yield office


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """A mail server."""
    with mailbox() as started:
        yield started


@pytest.fixture
def review(run_folder: Path, tmp_path: Path, box: Mailbox) -> Iterator[Office]:
    """The sample review on Monday 3 March 2025, with a mail server; a case waits for `check` and for `ask`."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": box.port}
    with sqlite_office(run_folder, tmp_path, "sample-review", MONDAY, models="review", **server) as office:
        for role, number in (("office", 1), ("office", 2), ("office-head", 1)):
            office.person(role, number)
        office.start("review")
        yield office
