"""JSON to FEEL values and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from math import isinf
from typing import Any

from service.feel.far import Far
from service.feel.run import Budget, BudgetExceeded
from service.feel.text import to_text
from service.feel.values import Range, Value, YearsMonths, is_context, number

MAX_PARTS = 200_000
_LARGEST = 2**63  # what a JSON reader takes as a whole number


def from_json(value: Any) -> Value:
    """JSON as FEEL values: numbers become decimals, text stays text (a date is read by `date(…)`).

    A number that decimal128 does not hold, such as 1e9999, becomes null.

    >>> from_json({"share": 0.545, "units": [1, "a", None]})
    {'share': Decimal('0.545'), 'units': [Decimal('1'), 'a', None]}
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {str(name): from_json(part) for name, part in value.items()}
    if kind is list or kind is tuple:
        return [from_json(part) for part in value]
    if kind is int or kind is float:
        return number(value)
    if isinstance(value, Mapping):
        return {str(name): from_json(part) for name, part in value.items()}
    return value


def to_json(value: Value) -> Any:
    """A FEEL value as JSON: whole numbers as int, others as float, dates, times, durations and ranges as their text.

    Raises TypeError for a function, a number that no float holds or what is no FEEL value, BudgetExceeded for a value
    of too many parts or too deep.
    """
    try:
        return _plain(value, Budget(MAX_PARTS, reason="size"))
    except RecursionError:
        raise BudgetExceeded("depth") from None


def _plain_number(value: Decimal) -> int | float:
    if abs(value) < _LARGEST and value == value.to_integral_value():
        return int(value)
    found = float(value)
    if isinf(found):
        raise TypeError("no JSON for a number so large")
    return found


def _plain(value: Value, budget: Budget) -> Any:
    budget.spend()
    if value is None or isinstance(value, (bool, str, int, float)):
        return value
    if isinstance(value, Decimal):
        return _plain_number(value)
    if type(value) is list:
        return [_plain(part, budget) for part in value]
    if is_context(value):
        return {name: _plain(part, budget) for name, part in value.items()}
    if isinstance(value, (date, time, timedelta, YearsMonths, Range, Far)):
        return to_text(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")
