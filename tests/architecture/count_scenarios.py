"""A pytest plugin that says how many of the collected tests are Gherkin scenarios."""

from __future__ import annotations

import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print the count where the guard reads it."""
    count = sum(hasattr(getattr(item, "obj", None), "__scenario__") for item in session.items)
    print(f"\nscenarios collected: {count}")  # noqa: T201 - read by the guard
