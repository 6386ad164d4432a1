"""Sums, products and powers of FEEL values, dates and durations included (DMN 1.5 §10.3.2.3, tables 50 to 54)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, time, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from service.feel.far import difference, in_zone, shifted
from service.feel.temporal import add_months, midnight, months_long, of_seconds, seconds, shifted_time, since_midnight
from service.feel.values import DURATIONS, NUMBERS, Value, YearsMonths, kind, number

DAYS, MONTHS = "days and time duration", "years and months duration"
_ONE = Decimal(1)
FAILURES = (DecimalException, ValueError, OverflowError, ZeroDivisionError)


def _add_numbers(left: Any, right: Any) -> Decimal:
    return NUMBERS.add(left, right)


def _subtract_numbers(left: Any, right: Any) -> Decimal:
    return NUMBERS.subtract(left, right)


def _multiply_numbers(left: Any, right: Any) -> Decimal:
    return NUMBERS.multiply(left, right)


def _divide_numbers(left: Any, right: Any) -> Decimal:
    return NUMBERS.divide(left, right)


def _power_numbers(left: Any, right: Any) -> Decimal:
    # Decimal has no answer for 0 ** 0; an empty product is 1
    return NUMBERS.power(left, right) if right else _ONE


NUMERIC: dict[str, Callable[[Any, Any], Decimal]] = {
    "+": _add_numbers,
    "-": _subtract_numbers,
    "*": _multiply_numbers,
    "/": _divide_numbers,
    "**": _power_numbers,
}


def _shift_months(moment: Any, length: YearsMonths) -> Any:
    return add_months(moment, length.months)


def _shift_date(day: Any, length: timedelta) -> Any:
    return shifted(midnight(day), length).date()


def _shift_moment(moment: Any, length: timedelta) -> Any:
    if moment.tzinfo is None:
        return shifted(moment, length)
    # a day of the clock change has 23 or 25 hours: count in UTC
    offset = moment.utcoffset() or timedelta(0)
    return in_zone(shifted(moment.replace(tzinfo=None), length - offset).replace(tzinfo=UTC), moment.tzinfo)


_SHIFTS: dict[tuple[str, str], Callable[[Any, Any], Value]] = {
    ("date", MONTHS): _shift_months,
    ("date and time", MONTHS): _shift_months,
    ("date", DAYS): _shift_date,
    ("date and time", DAYS): _shift_moment,
    ("time", DAYS): shifted_time,
    (DAYS, DAYS): lambda left, right: left + right,
    (MONTHS, MONTHS): lambda left, right: months_long(left.months + right.months),
}


def _opposite(length: Value) -> Value:
    return YearsMonths(-length.months) if isinstance(length, YearsMonths) else -length


def _add(left: Value, right: Value) -> Value:
    kinds = kind(left), kind(right)
    if kinds == ("string", "string"):
        return left + right
    shift = _SHIFTS.get(kinds)
    if shift:
        return shift(left, right)
    shift = _SHIFTS.get((kinds[1], kinds[0]))
    return shift(right, left) if shift else None


def _subtract(left: Value, right: Value) -> Value:
    kinds = kind(left), kind(right)
    if kinds[1] in DURATIONS:
        shift = _SHIFTS.get(kinds)
        return shift(left, _opposite(right)) if shift else None
    if kinds[0] in ("date", "date and time") and kinds[1] in ("date", "date and time"):
        # a date beside a date and time counts as its UTC midnight
        first, second = midnight(left), midnight(right)
        return difference(first, second) if (first.tzinfo is None) == (second.tzinfo is None) else None
    if kinds == ("time", "time"):
        return _time_difference(left, right)
    return None


def _time_difference(left: time, right: time) -> timedelta | None:
    same = (left.tzinfo is None) == (right.tzinfo is None)
    return since_midnight(left) - since_midnight(right) if same else None


def _multiply(left: Value, right: Value) -> Value:
    if kind(left) == "number":
        left, right = right, left
    factor = number(right) if kind(right) == "number" else None
    if factor is None:
        return None
    if isinstance(left, YearsMonths):
        return months_long(int(NUMBERS.multiply(Decimal(left.months), factor)))
    return of_seconds(NUMBERS.multiply(seconds(left), factor)) if isinstance(left, timedelta) else None


def _divide(left: Value, right: Value) -> Value:
    kinds = kind(left), kind(right)
    if kinds == (MONTHS, MONTHS):
        return NUMBERS.divide(Decimal(left.months), Decimal(right.months))
    if kinds == (DAYS, DAYS):
        return NUMBERS.divide(seconds(left), seconds(right))
    divisor = number(right) if kinds[1] == "number" else None
    if divisor is None:
        return None
    if isinstance(left, YearsMonths):
        return months_long(int(NUMBERS.divide(Decimal(left.months), divisor)))
    return of_seconds(NUMBERS.divide(seconds(left), divisor)) if isinstance(left, timedelta) else None


_OTHERS: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": lambda _left, _right: None,
}


def calculate(operator: str, left: Value, right: Value) -> Value:
    """`left operator right`, or None where the kinds do not fit or the result is out of range."""
    try:
        if kind(left) == "number" and kind(right) == "number":
            result = NUMERIC[operator](number(left), number(right))
            return result if result.is_finite() else None
        return _OTHERS[operator](left, right)
    except FAILURES:
        return None


def opposite(value: Value) -> Value:
    """`-value` of a number or duration, else None."""
    if kind(value) == "number":
        return NUMBERS.minus(number(value) or Decimal(0))
    return _opposite(value) if kind(value) in DURATIONS else None
