"""The calendar that comes with the service."""

from __future__ import annotations

import pytest

from service.domain.calendar import Calendar
from service.store.calendars import shipped


@pytest.fixture(scope="session")
def china() -> Calendar:
    """Published years 2004 to 2026 and the provisional 2027."""
    return shipped()
