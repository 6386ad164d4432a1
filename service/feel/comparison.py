"""Equality and order of FEEL values, three-valued: None means that the two cannot be compared (DMN 1.5 §10.3.2.15)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from service.feel.far import MICROSECONDS, order_key
from service.feel.run import Budget
from service.feel.temporal import since_midnight
from service.feel.values import Range, Value, YearsMonths, kind, number

_SECOND = timedelta(seconds=1)
# kinds whose own Python order and equality are FEEL's
PLAIN = frozenset({Decimal, str, date, timedelta})
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparable(left: Value, right: Value) -> tuple[Any, Any] | None:
    """Two values as ones that Python can order, or None where FEEL has no order for them."""
    wanted = kind(left)
    if wanted != kind(right):
        return None
    if wanted == "number":
        return number(left), number(right)
    if wanted in ("string", "days and time duration", "years and months duration"):
        return left, right
    if wanted == "date":
        return order_key(left), order_key(right)
    if wanted == "date and time":
        return _moments(left, right, lambda moment: order_key(moment) // MICROSECONDS)
    if wanted == "time":
        return _moments(left, right, lambda moment: since_midnight(moment) // _SECOND)
    return None


def _moments(left: Any, right: Any, seconds: Callable[[Any], int]) -> tuple[int, int] | None:
    """Times by the whole second, as the kit reads §10.3.2.3.4; one with a zone and one without have no order."""
    if (left.tzinfo is None) != (right.tzinfo is None):
        return None
    return seconds(left), seconds(right)


def ordered(relation: str, left: Value, right: Value) -> bool | None:
    """`left relation right` for <, <=, > and >=."""
    pair = comparable(left, right)
    return None if pair is None else ORDERS[relation](*pair)


def equal(left: Value, right: Value, budget: Budget | None = None) -> bool | None:
    """`left = right`; null equals null only, different kinds cannot be compared. Parts of lists cost steps."""
    if left is None or right is None:
        return left is right
    if type(left) is type(right) and type(left) in PLAIN:
        return bool(left == right)
    wanted = kind(left)
    if wanted != kind(right):
        return None
    compare = _EQUALITY.get(wanted)
    return compare(left, right, budget) if compare else bool(left == right)


def _same(left: Value, right: Value, budget: Budget | None) -> bool:
    return equal(left, right, budget) is True


def _equal_lists(left: list[Value], right: list[Value], budget: Budget | None) -> bool:
    if len(left) != len(right):
        return False
    if budget is not None:
        budget.spend(len(left))
    return all(_same(one, other, budget) for one, other in zip(left, right, strict=True))


def _equal_contexts(left: Any, right: Any, budget: Budget | None) -> bool:
    if budget is not None:
        budget.spend(len(left))
    return left.keys() == right.keys() and all(_same(left[name], right[name], budget) for name in left)


def _equal_ranges(left: Range, right: Range, budget: Budget | None) -> bool:
    return (
        (left.start_included, left.end_included, left.relation)
        == (right.start_included, right.end_included, right.relation)
        and _same(left.start, right.start, budget)
        and _same(left.end, right.end, budget)
    )


def _equal_moments(left: datetime | time, right: datetime | time, _: Budget | None) -> bool:
    pair = comparable(left, right)
    return pair is not None and bool(pair[0] == pair[1])


def _equal_numbers(left: Value, right: Value, _: Budget | None) -> bool:
    return number(left) == number(right)


_EQUALITY: dict[str, Callable[[Any, Any, Budget | None], bool]] = {
    "number": _equal_numbers,
    "list": _equal_lists,
    "context": _equal_contexts,
    "range": _equal_ranges,
    "date and time": _equal_moments,
    "time": _equal_moments,
    "unknown": lambda left, right, _: left is right,
    "function": lambda left, right, _: left is right,
}


def both(left: bool | None, right: bool | None) -> bool | None:
    """Three-valued `and`."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def either(left: bool | None, right: bool | None) -> bool | None:
    """Three-valued `or`."""
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


def negated(value: bool | None) -> bool | None:
    """Three-valued `not`."""
    return None if value is None else not value


def in_range(value: Value, within: Range) -> bool | None:
    """Whether a value lies in a range."""
    if within.relation:
        same = equal(value, within.start)
        return same if within.relation == "=" else negated(same)
    if within.start is None and within.end is None:
        return None
    above: bool | None = True
    below: bool | None = True
    if within.start is not None:
        above = ordered(">=" if within.start_included else ">", value, within.start)
    if within.end is not None:
        below = ordered("<=" if within.end_included else "<", value, within.end)
    return both(above, below)


def satisfies(value: Value, test: Value, budget: Budget | None = None) -> bool | None:
    """Whether a value passes a test already evaluated: a range it lies in, a list that holds it, or its equal."""
    if type(test) is Range:
        return value == test if type(value) is Range else in_range(value, test)
    if type(test) is list:
        if equal(value, test, budget) is True:
            return True
        if budget is not None:
            budget.spend(len(test))
        return any(satisfies(value, part, budget) is True for part in test)
    return equal(value, test, budget)


def hash_key(value: Value) -> tuple[str, Value] | None:
    """A hashable stand-in for a value that equals another exactly if the values do, or None where there is none."""
    wanted = kind(value)
    if wanted in ("string", "boolean", "date", "days and time duration", "null"):
        return wanted, value
    if wanted == "number":
        return wanted, number(value)
    if isinstance(value, YearsMonths):
        return wanted, value.months
    return None
