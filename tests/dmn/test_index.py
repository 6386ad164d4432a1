"""The way through the index of a table and the way through all its rules come to the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.dmn import DecisionModel
from service.dmn.index import LEAST_RULES
from service.feel import Budget, from_json
from tests.dmn.models import decision, model, table

POLICIES = ["UNIQUE", "FIRST", "ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]
WORDS = st.lists(st.sampled_from(['"a"', '"b"', '"c"', "null"]), min_size=1, max_size=2).map(", ".join) | st.just("-")
NUMBERS = st.sampled_from(["-", "> 1", "[0..2]", "1, 2", "not(3)"])


@st.composite
def models(draw: st.DrawFn) -> DecisionModel:
    rules = draw(st.lists(st.tuples(WORDS, NUMBERS, st.sampled_from("123")), min_size=LEAST_RULES, max_size=20))
    lines = list(map(" | ".join, rules))
    return model(decision("d", table(["w", "n"], ["r = 3, 1, 2"], lines, draw(st.sampled_from(POLICIES)))))


@settings(max_examples=200)
@given(models(), st.sampled_from(["a", "b", "c", "x", None, 1, True]), st.sampled_from([0, 1, 2, 3, None, "a"]))
def test_an_index_changes_nothing_but_the_way(made: DecisionModel, word: Any, number: Any) -> None:
    """Who asks for diagnostics goes through all rules."""
    values = from_json({"w": word, "n": number})
    assert made.evaluate("d", values) == made.evaluate("d", values, diagnostics=[])
    assert made.explain("d", values).value == made.evaluate("d", values)


def steps(made: DecisionModel, **values: Any) -> int:
    budget = Budget(1_000_000)
    made.evaluate("d", from_json(values), budget=budget)
    return 1_000_000 - budget.left


def of(rules: list[str], policy: str = "FIRST") -> DecisionModel:
    return model(decision("d", table(["k", "n"], ["r"], rules, policy)))


def test_a_thousand_rules_told_apart_by_one_column_are_not_gone_through() -> None:
    made = of([f'"k{at}" | > {at} | {at}' for at in range(1000)])
    assert steps(made, k="k500", n=501) <= 3
    assert made.evaluate("d", from_json({"k": "k500", "n": 501})) == Decimal(500)
    assert steps(made, k="nobody", n=501) == 1


def test_numbers_and_dates_are_found_as_well() -> None:
    numbers = of([f"{at}, {at + 1000} | - | {at}" for at in range(100)])
    assert steps(numbers, k=1007, n=1) == 2
    dates = model(decision("d", table(["date(k)"], ["r"], [f'@"2026-01-{at:02d}" | {at}' for at in range(1, 20)])))
    assert steps(dates, k="2026-01-05") < 10


@pytest.mark.parametrize("value", [5, True, [1], {"a": 1}])
def test_a_value_of_another_kind_is_asked_of_every_rule(value: Any) -> None:
    made = of([f'"k{at}" | - | {at}' for at in range(100)])
    assert steps(made, k=value, n=1) >= 100


@pytest.mark.parametrize("odd", ['not("k1")', "> 5", 'starts with(?, "k")', "n", '["k1", "k2"]', "true"])
def test_a_column_that_asks_more_than_equality_has_no_index(odd: str) -> None:
    made = of([f"{odd} | - | 0", *(f'"k{at}" | - | {at}' for at in range(100))])
    assert steps(made, k="k50", n=1) >= 51


def test_many_rules_for_any_value_are_not_written_out_for_each() -> None:
    rules = [cell for at in range(200) for cell in (f'"k{at}" | > 5 | 1', "- | > 5 | 2")]
    assert steps(of(rules, "COLLECT"), k="k1", n=1) >= 400
