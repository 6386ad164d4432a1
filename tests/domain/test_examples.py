"""The examples in the docstrings of the domain hold; CN is the calendar that comes with the service."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import service.domain
from service.store.calendars import shipped

MODULES = [f"service.domain.{module.name}" for module in pkgutil.iter_modules(service.domain.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), extraglobs={"CN": shipped()})
    assert result.failed == 0
