"""The examples in the package's own documentation come to what they say."""

import doctest

import pytest

import service.dmn
from service.dmn import phrases


@pytest.mark.parametrize("module", [service.dmn, phrases], ids=lambda module: module.__name__)
def test_the_examples_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]  # a module is what it takes
    assert result.attempted
    assert not result.failed
