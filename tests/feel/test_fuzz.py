"""Nothing but a value, a syntax error or a spent budget comes of any text: 2,000 inputs, an hour's in the proof."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from service.feel import (
    BUILTIN_NAMES,
    Budget,
    BudgetExceeded,
    Diagnostic,
    FeelSyntaxError,
    compile_expression,
    compile_unary_tests,
    from_json,
    to_json,
    to_text,
)
from tests.feel.generated import GREEDY, LEAVES, expression

SECONDS = float(os.environ.get("FUZZ_SECONDS", "3600"))
STEPS = 20_000
EACH = settings(max_examples=1_000, suppress_health_check=list(HealthCheck))
ROUND = settings(EACH, max_examples=500, database=None, phases=(Phase.generate,))

VARIABLES = from_json(
    {"x": 3, "xs": [1, 2, {"a": 5}], "row": {"a": 1, "b": [1]}, "text": "长光", "flag": True, "case": {"share": 0.6}}
)
VARIABLES["day"] = date(2026, 4, 15)
TOKENS = st.sampled_from(
    [
        *(*VARIABLES, *sorted(BUILTIN_NAMES), *"()[]{},:.+-*/=<>@?|&;%$!#", "**", "..", "!=", "<=", "if", "then"),
        *("else", "for", "in", "return", "some", "every", "satisfies", "between", "and", "or", "not", "instance of"),
        *("function", "external", "1", "null", "true", '"a"', '@"2026-04-15"', "（", "//", "/*", "*/", '"', "\\", "->"),
        *("number", "list<", "context<a:", "item", "partial", "1e", "1..", "\n", "\U0001f40e", "\ud800", "9" * 40),
        *(leaf for leaves in LEAVES.values() for leaf in leaves),
    ]
)
any_text = (
    st.lists(TOKENS, max_size=16).map(" ".join) | st.lists(TOKENS, max_size=12).map("".join) | st.text(max_size=30)
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> str:
    def choose(options: Sequence[str]) -> str:
        return draw(st.sampled_from(options))

    return expression(choose, depth=depth, forms=GREEDY).text


def written(value: Any) -> str:
    """The value as text; JSON is had as well, or refused as it says."""
    with suppress(TypeError):
        to_json(value)
    return to_text(value)


def ends(text: str) -> None:
    """A value that can be written down, the same twice, with or without diagnostics; or a clear error."""
    try:
        compiled = compile_expression(text)
    except FeelSyntaxError as error:
        is_clear(error, text)
        return
    found: list[Diagnostic] = []
    with suppress(BudgetExceeded):
        value = compiled.evaluate(VARIABLES, budget=Budget(STEPS), diagnostics=found)
        assert written(value) == written(compiled.evaluate(VARIABLES, budget=Budget(STEPS)))
    for each in found:
        assert each.zh
        assert each.en


def judges(text: str) -> None:
    """A cell passes, fails or cannot be said."""
    try:
        cell = compile_unary_tests(text)
    except FeelSyntaxError as error:
        is_clear(error, text)
        return
    for value in (None, VARIABLES["x"], VARIABLES["text"], VARIABLES["xs"], VARIABLES["day"]):
        with suppress(BudgetExceeded):
            assert cell.test(value, VARIABLES, budget=Budget(STEPS), diagnostics=[]) in (True, False, None)


def is_clear(error: FeelSyntaxError, text: str) -> None:
    """The place lies in the text, or just behind it, and both languages say something."""
    assert 1 <= error.line <= text.count("\n") + 1
    assert 1 <= error.column <= len(text) + 1
    assert error.zh
    assert error.en


def any_input(text: str) -> None:
    ends(text)
    judges(text)


@EACH
@given(expressions())
def test_an_expression_by_the_grammar_ends(text: str) -> None:
    any_input(text)


@EACH
@given(any_text)
def test_any_text_is_read_or_refused(text: str) -> None:
    any_input(text)


def _round(number: int, strategy: st.SearchStrategy[str], judge: Callable[[str], None]) -> None:
    seed(number)(ROUND(given(strategy)(judge)))()


@pytest.mark.proof
def test_an_hour_of_inputs_leaves_nothing_uncaught(capsys: pytest.CaptureFixture[str]) -> None:
    """FUZZ_SECONDS sets another length; each round has a seed of its own, named where one fails."""
    inputs: list[int] = []

    def judge(text: str) -> None:
        inputs.append(len(text))
        any_input(text)

    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until:
        number += 1
        _round(number, expressions(depth=3 + number % 4) if number % 3 else any_text, judge)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(inputs)} inputs, up to {max(inputs)} characters, in {number} rounds: 0 uncaught\n")
