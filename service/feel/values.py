"""The values FEEL knows, their kinds and how each kind is called in a message.

A value is None, bool, Decimal, str, date, time, datetime, timedelta, YearsMonths, Range, list, dict (or any Mapping)
or a FunctionValue; anything else of Python is of kind "unknown", and no operator, path or function gets at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from functools import total_ordering
from typing import TYPE_CHECKING, Any

from service.feel.far import Far, is_moment

if TYPE_CHECKING:
    from service.feel.run import Run
    from service.feel.source import Place
    from service.feel.types import FunctionType

Value = Any

# Decimal128, as DMN 1.5 §10.3.2.3 asks
NUMBERS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=6144, Emin=-6143)


@total_ordering
class YearsMonths:
    """A years and months duration, counted in months; negative is allowed."""

    __slots__ = ("months",)

    def __init__(self, months: int) -> None:
        self.months = months

    def __eq__(self, other: object) -> bool:
        return isinstance(other, YearsMonths) and other.months == self.months

    def __lt__(self, other: YearsMonths) -> bool:
        return self.months < other.months

    def __hash__(self) -> int:
        return hash((YearsMonths, self.months))

    def __repr__(self) -> str:
        return f"YearsMonths({self.months})"


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; a missing end is None. `relation` is "=" or "!=" for the ranges `(= x)` and `(!= x)`, else ""."""

    start: Value
    start_included: bool
    end: Value
    end_included: bool
    relation: str = ""


class FunctionValue:
    """Something a FEEL expression can call."""

    __slots__ = ()

    def invoke(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
        """The result; null with a diagnostic when the arguments do not fit. `named` gives one name per argument."""
        raise NotImplementedError

    @property
    def arity(self) -> int | None:
        """How many arguments it takes, or None where that varies."""
        return None

    def fits(self, wanted: FunctionType) -> bool:
        """Whether it is of a function type: by its own type, or where it has none by how many arguments it takes."""
        own: FunctionType | None = getattr(self, "type", None)
        return own.conforms(wanted) if own is not None else self.arity in (None, len(wanted.params))


@dataclass(frozen=True, slots=True)
class Function(FunctionValue):
    """A function registered from outside; `call` gets FEEL values and returns one, the last `optional` may be left out.

    What `call` raises is not caught: a missing calendar must become an incident, never a null.
    """

    params: tuple[str, ...]
    call: Callable[..., Value]
    optional: int = 0

    def invoke(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
        """Call it with the arguments in order; those left out at the end are not passed."""
        run.budget.spend()
        given = arguments if named is None else self._ordered(arguments, named)
        if given is None or not len(self.params) - self.optional <= len(given) <= len(self.params):
            return run.note(
                place,
                "arguments",
                f"函数参数不符，应为（{'，'.join(self.params)}）",
                f"the arguments do not fit, expected ({', '.join(self.params)})",
            )
        return self.call(*given)

    def _ordered(self, arguments: list[Value], named: tuple[str, ...]) -> list[Value] | None:
        by_name = dict(zip(named, arguments, strict=True))
        if not by_name.keys() <= set(self.params):
            return None
        used = max((self.params.index(name) for name in by_name), default=-1) + 1
        required = self.params[: len(self.params) - self.optional]
        if any(name not in by_name for name in required):
            return None
        return [by_name.get(name) for name in self.params[:used]]

    @property
    def arity(self) -> int | None:
        """The number of parameters when none is optional."""
        return None if self.optional else len(self.params)


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    dict: "context",
    datetime: "date and time",
    date: "date",
    time: "time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    Range: "range",
    Function: "function",
}

_CHINESE = {
    "null": "空值",
    "boolean": "布尔值",
    "number": "数字",
    "string": "字符串",
    "list": "列表",
    "context": "上下文",
    "date and time": "日期时间",
    "date": "日期",
    "time": "时间",
    "days and time duration": "时长（天与时间）",
    "years and months duration": "时长（年与月）",
    "range": "区间",
    "function": "函数",
    "unknown": "未知类型",
}

DURATIONS = frozenset({"days and time duration", "years and months duration"})


def kind(value: Value) -> str:
    """The FEEL kind of a value, in the words of the specification."""
    found = _KINDS.get(type(value))
    return found if found is not None else _kind_of_subclass(value)


def _kind_of_subclass(value: Value) -> str:
    if isinstance(value, Mapping):
        return "context"
    if isinstance(value, FunctionValue):
        return "function"
    if isinstance(value, Far):
        return "date and time" if is_moment(value) else "date"
    if isinstance(value, str):
        return "string"
    return next((name for base, name in _KINDS.items() if isinstance(value, base)), "unknown")


def kind_in_chinese(value: Value) -> str:
    """The kind of a value as a Chinese reader calls it."""
    return _CHINESE[kind(value)]


def in_chinese(name: str) -> str:
    """A kind by its name as a Chinese reader calls it."""
    return _CHINESE.get(name, _CHINESE["unknown"])


def is_context(value: Value) -> bool:
    """Whether the value has named members; any Mapping does, so that a caller can load lazily."""
    return type(value) is dict or isinstance(value, Mapping)


def number(value: Value) -> Decimal | None:
    """A number as decimal128; text is read, what is no finite number gives None."""
    if type(value) is Decimal:
        return value
    try:
        result = NUMBERS.create_decimal(repr(value) if isinstance(value, float) else value)
    except (DecimalException, ValueError, TypeError):
        return None
    return result if result.is_finite() else None


def boolean(value: Value) -> bool | None:
    """The value where it is a boolean, else null: what a condition makes of it."""
    return value if value is True or value is False else None
