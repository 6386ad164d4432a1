"""Numbers are decimal, exact, and read as people write them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from service.forms import judge
from tests.forms.desk import TODAY, codes, compiled_of, drawn, number, send


def taken(written: str, **over: Any) -> tuple[Any, set[str]]:
    found = send(compiled_of(number("n", **over)), [("n", written)])
    return found.data["n"], codes(found, "n")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("１,234.50", Decimal("1234.50")),
        ("1，234", 1234),
        (" 12 ", 12),
        ("0.1", Decimal("0.1")),
        ("-3", -3),
        ("+3", 3),
        ("1e3", 1000),
        (".5", Decimal("0.5")),
        ("", None),
    ],
)
def test_what_people_write(written: str, value: object) -> None:
    found, wrong = taken(written)
    assert (found, wrong) == (value, set())
    assert not isinstance(found, float)


@pytest.mark.parametrize(
    "written", ["0x10", "Infinity", "NaN", "1 2 a", "1e999", "--1", "一千", "1" * 50, "1.2.3", "²"]
)
def test_what_is_no_number(written: str) -> None:
    assert taken(written)[1] == {"not-a-number"}


@pytest.mark.parametrize(
    ("written", "rules", "code"),
    [
        ("3.5", {"decimalDigits": 0}, {"integer"}),
        ("19.99", {"decimalDigits": 2}, set()),
        ("4.35", {"decimalDigits": 2}, set()),
        ("0.07", {"decimalDigits": 2}, set()),
        ("19.999", {"decimalDigits": 2}, {"decimals"}),
        ("0.3", {"increment": "0.1"}, set()),
        ("0.35", {"increment": "0.1"}, {"increment"}),
        ("-0.01", {"validate": {"min": 0}}, {"min"}),
        ("0.69999999999999", {"validate": {"min": 0.7}}, {"min"}),
        ("100.01", {"validate": {"max": "100"}}, {"max"}),
        ("999999999999999", {}, set()),
        ("1000000000000000", {}, {"digits"}),
        ("0.1234567890123456", {}, {"digits"}),
        ("-1", {"properties": {"format": "money-wan"}}, {"min"}),
        ("1.001", {"properties": {"format": "money-yuan"}}, {"decimals"}),
        ("10000000000", {"properties": {"format": "money-wan"}}, {"max"}),
        ("100.5", {"properties": {"format": "percent"}}, {"max"}),
        ("120", {"properties": {"format": "percent"}, "validate": {"max": 150}}, set()),
    ],
)
def test_limits_are_exact(written: str, rules: dict[str, Any], code: set[str]) -> None:
    assert taken(written, **rules)[1] == code


def test_a_number_kept_as_text_is_held_to_the_same_limits() -> None:
    rules = {"serializeToString": True, "decimalDigits": 2, "validate": {"min": 0, "max": "100"}}
    assert taken("99.90", **rules) == ("99.90", set())
    assert taken("1e1", **rules) == ("10", set())
    assert taken("100.01", **rules)[1] == {"max"}
    assert taken("0.001", **rules)[1] == {"decimals"}


def test_floats_of_stored_json_are_exact_again() -> None:
    compiled = compiled_of(number("n", decimalDigits=2), number("m", readonly=True))
    stored = json.loads('{"n": 0.07, "m": 4.35}')
    found = judge(compiled, {"n": 19.99}, roles=(), variables={}, today=TODAY, attachments=(), stored=stored)
    assert found.data == {"n": Decimal("19.99"), "m": Decimal("4.35")}
    assert found.problems == ()


def test_a_number_of_json_is_no_text() -> None:
    found = judge(compiled_of(number("n")), {"n": "12"}, roles=(), variables={}, today=TODAY, attachments=())
    assert codes(found, "n") == {"not-a-number"}


@pytest.mark.parametrize(
    ("format_", "value", "shown"),
    [
        ("money-wan", Decimal("1234567.5"), "1,234,567.50 万元"),
        ("money-yuan", 3, "3.00 元"),
        ("percent", Decimal("12.5"), "12.5 %"),
    ],
)
def test_money_and_shares_are_shown_with_unit_and_edited_without(format_: str, value: object, shown: str) -> None:
    compiled = compiled_of(number("n", properties={"format": format_}))
    assert shown in drawn(compiled, {"n": value}, readonly=True)[1]
    assert f'value="{value}"' in drawn(compiled, {"n": value})[1]
