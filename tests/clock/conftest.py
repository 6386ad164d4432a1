"""Offices whose deadlines the tests wait for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from service.store.session import db
from tests.support.office import SAMPLE, Office, open_office


@pytest.fixture
def two_dates(app: Flask) -> Iterator[Office]:
    """The sample programme of two dates, on Friday 1 April 2022, nine o'clock in Beijing."""
    with app.app_context():
        yield open_office(app, SAMPLE, datetime(2022, 4, 1, 1, 0, tzinfo=UTC))
        db.session.remove()
