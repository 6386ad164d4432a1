"""Properties that hold for any values."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.feel import (
    Budget,
    BudgetExceeded,
    compile_expression,
    from_json,
    to_json,
    to_text,
)
from tests.feel.generated import expression

FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
VARIABLES = from_json({"x": 3, "xs": [1, 2, {"a": 5}], "row": {"a": 1, "b": [1]}, "text": "长光", "flag": True})
VARIABLES["day"] = date(2026, 4, 15)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    return expression(lambda options: draw(st.sampled_from(options))).text


@settings(FEW, max_examples=250)
@given(expressions())
def test_whatever_is_asked_for_stands_among_the_names(text: str) -> None:
    asked: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            asked.add(name)
            return super().__getitem__(name)

    compiled = compile_expression(text)
    try:
        compiled.evaluate(Watched(VARIABLES), budget=Budget(20_000))
    except BudgetExceeded:
        return
    assert asked <= compiled.names
    assert {path[0] for path in compiled.paths} <= compiled.names


@FEW
@given(json_values)
def test_json_survives_the_way_there_and_back(value: Any) -> None:
    assert to_json(from_json(value)) == value


@FEW
@given(json_values)
def test_a_value_equals_itself_and_its_text_reads_back(value: Any) -> None:
    feel = from_json(value)
    assert compile_expression("v = v").evaluate({"v": feel}) is True
    if isinstance(value, (int, bool, type(None))):
        assert compile_expression(to_text(feel)).evaluate({}) == feel


@FEW
@given(st.lists(st.integers(-50, 50)))
def test_sorting_without_and_with_an_order_agree(values: list[int]) -> None:
    variables = {"v": from_json(values)}
    by_order = compile_expression("sort(v, function(a, b) a < b)").evaluate(variables)
    assert compile_expression("sort(v)").evaluate(variables) == by_order == sorted(variables["v"])


@FEW
@given(st.lists(st.sampled_from([True, False, None]), max_size=5))
def test_and_and_or_are_each_others_opposite(values: list[bool | None]) -> None:
    given_list = from_json(values)
    both = compile_expression("not(all(v))").evaluate({"v": given_list})
    assert compile_expression("any(for b in v return not(b))").evaluate({"v": given_list}) is both


EARLIEST, LATEST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2100-01-01")
far_dates = st.integers(-3_000_000, 6_000_000).map(lambda days: f'date("2000-01-01") + duration("P1D") * {days}')


@FEW
@given(far_dates, st.integers(-4_000_000, 4_000_000))
def test_days_added_are_days_apart_in_any_year(start: str, days: int) -> None:
    text = f'((({start}) + duration("P1D") * {days}) - ({start})) / duration("P1D")'
    assert compile_expression(text).evaluate({}) == Decimal(days)


@FEW
@given(st.datetimes(EARLIEST, LATEST), st.timedeltas(timedelta(-9999), timedelta(9999)))
def test_moments_are_moved_as_python_moves_them(start: datetime, length: timedelta) -> None:
    start, length = start.replace(microsecond=0), timedelta(seconds=int(length.total_seconds()))
    assert compile_expression("a + b").evaluate({"a": start, "b": length}) == start + length


@FEW
@given(far_dates)
def test_a_date_reads_its_own_text(start: str) -> None:
    assert compile_expression(f"date(string({start})) = ({start})").evaluate({}) is True
