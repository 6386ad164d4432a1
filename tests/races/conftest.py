"""Offices in which several act at once, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from service.store.session import db
from tests.support.office import SAMPLE, Office, open_office
from tests.support.panel import MODELS, PROGRAMME


@pytest.fixture
def panel(app_on_both: Flask) -> Iterator[Office]:
    """Panels of five experts, and a desk with two clerks."""
    with app_on_both.app_context():
        yield open_office(app_on_both, PROGRAMME, datetime(2025, 3, 3, 1, 0, tzinfo=UTC), MODELS)
        db.session.remove()


@pytest.fixture
def two_dates(app_on_both: Flask) -> Iterator[Office]:
    """The sample programme of two dates, on Friday 1 April 2022, nine o'clock in Beijing."""
    with app_on_both.app_context():
        yield open_office(app_on_both, SAMPLE, datetime(2022, 4, 1, 1, 0, tzinfo=UTC))
        db.session.remove()
