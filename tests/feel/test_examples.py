"""The examples in the package's own documentation come to what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from datetime import date

import pytest

import service.feel

NAMES = [module.name for module in pkgutil.walk_packages(service.feel.__path__, "service.feel.")]


@pytest.mark.parametrize("name", ["service.feel", *NAMES])
def test_the_examples_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name), extraglobs={"date": date}).failed == 0


def test_the_package_explains_itself_by_examples() -> None:
    assert doctest.testmod(service.feel).attempted > 12
