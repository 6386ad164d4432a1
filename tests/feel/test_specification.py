"""Chapter 10 of DMN 1.5, area by area: what expressions come to, one a line, in tests/data/feel."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.feel import FeelSyntaxError, compile_expression, to_text

FOLDER = Path(__file__).parents[1] / "data" / "feel"
REFUSED = "✗"


def cases() -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                text, _, expected = line.rpartition(" → ")
                yield text, expected


CASES = list(cases())


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_an_expression_comes_to_what_the_specification_says(text: str, expected: str) -> None:
    if expected == REFUSED:
        with pytest.raises(FeelSyntaxError):
            compile_expression(text)
    else:
        # in a list, so that a string shows its quotes
        assert to_text([compile_expression(text).evaluate({})])[1:-1] == expected


def test_the_areas_are_all_there() -> None:
    assert len(CASES) > 950
