"""The forms of cells that designers write."""

import json
from pathlib import Path

import pytest

from service.feel import compile_expression, compile_unary_tests, from_json

FORMS = json.loads((Path(__file__).parents[1] / "data" / "unary-tests.json").read_text(encoding="utf-8"))
REGIONS = ["330100", "330200"]
VARIABLES = from_json({"threshold": 10, "allowed": REGIONS, "allowed regions": REGIONS})
VARIABLES["deadline"] = compile_expression('@"2026-04-15"').evaluate({})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["test"])
def test_a_designers_cell_passes_what_it_should(form: dict[str, str]) -> None:
    tests = compile_unary_tests(form["test"], names=VARIABLES)
    assert tests.test(compile_expression(form["true_for"]).evaluate({}), VARIABLES) is True
    assert tests.test(compile_expression(form["false_for"]).evaluate({}), VARIABLES) is not True


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("-", None, True),
        ("", "x", True),
        ("null", None, True),
        ("< 10, null", None, True),
        ("< 10, null", 12, False),
        ("not(null)", None, False),
        ("not(null)", 1, True),
        ('not("a")', 1, None),
        ("> 5", None, None),
        ("flag", "anything", True),
        ("flag", False, False),
        ("? = null or ? > 3", None, True),
        ("[1..3], > 7", 9, True),
        ("(1..3]", 1, False),
        ('"a", "b"', 1, None),
        ('= "a"', "a", True),
        ('!= "a"', "a", False),
        ("true", True, True),
        ("[[1..3], [5..7]]", 6, True),
    ],
)
def test_a_cell_judges(text: str, value: object, expected: bool | None) -> None:
    assert compile_unary_tests(text).test(from_json(value), {"flag": True}) is expected
