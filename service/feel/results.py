"""Of which type a result is, told from the types of what it is made of: operators, members and built-in functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from service.feel.types import (
    ANY,
    SIMPLE,
    ContextType,
    FeelType,
    FunctionType,
    LimitedType,
    ListType,
    RangeType,
    SimpleType,
)
from service.feel.values import DURATIONS

DAYS, MONTHS = "days and time duration", "years and months duration"
_MOMENTS = ("date", "date and time")
NUMBER, STRING, BOOLEAN = SIMPLE["number"], SIMPLE["string"], SIMPLE["boolean"]
_LIST, _NUMBERS = ListType(ANY), ListType(NUMBER)

_SUMS: dict[tuple[str, str], str] = {
    ("number", "number"): "number",
    ("string", "string"): "string",
    ("time", DAYS): "time",
    **{(moment, length): moment for moment in _MOMENTS for length in DURATIONS},
    **{(length, length): length for length in DURATIONS},
}
_DIFFERENCES: dict[tuple[str, str], str] = {
    **{pair: result for pair, result in _SUMS.items() if pair[0] != "string"},
    **{(left, right): DAYS for left in _MOMENTS for right in _MOMENTS},
    ("time", "time"): DAYS,
}
_PRODUCTS: dict[tuple[str, str], str] = {
    ("number", "number"): "number",
    **{(length, "number"): length for length in DURATIONS},
}
_TABLES: dict[str, dict[tuple[str, str], str]] = {
    "+": _SUMS | {(right, left): result for (left, right), result in _SUMS.items()},
    "-": _DIFFERENCES,
    "*": _PRODUCTS | {(right, left): result for (left, right), result in _PRODUCTS.items()},
    "/": _PRODUCTS | {(length, length): "number" for length in DURATIONS},
    "**": {("number", "number"): "number"},
}

_DATE_PARTS = dict.fromkeys(("year", "month", "day", "weekday"), NUMBER)
_TIME_PARTS = dict.fromkeys(("hour", "minute", "second"), NUMBER) | {"time offset": SIMPLE[DAYS], "timezone": STRING}
_PARTS: dict[str, Mapping[str, FeelType]] = {
    "date": _DATE_PARTS,
    "time": _TIME_PARTS,
    "date and time": _DATE_PARTS | _TIME_PARTS,
    MONTHS: dict.fromkeys(("years", "months"), NUMBER),
    DAYS: dict.fromkeys(("days", "hours", "minutes", "seconds"), NUMBER),
    "range": {"start": ANY, "end": ANY, "start included": BOOLEAN, "end included": BOOLEAN},
    **{name: {} for name in ("number", "string", "boolean", "function")},
}

_BUILTINS: dict[str, FeelType] = {
    **dict.fromkeys(("count", "median", "stddev", "product", "decimal", "floor", "ceiling", "modulo"), NUMBER),
    **dict.fromkeys(("round up", "round down", "round half up", "round half down", "sqrt", "log", "exp"), NUMBER),
    **dict.fromkeys(("number", "string length", "day of year", "week of year"), NUMBER),
    **dict.fromkeys(("string", "substring", "substring before", "substring after", "upper case"), STRING),
    **dict.fromkeys(("lower case", "trim", "replace", "string join", "day of week", "month of year"), STRING),
    **dict.fromkeys(("contains", "starts with", "ends with", "matches", "list contains", "even", "odd"), BOOLEAN),
    **dict.fromkeys(("not", "all", "any", "and", "or", "is", "before", "after", "meets", "met by"), BOOLEAN),
    **dict.fromkeys(("overlaps", "overlaps before", "overlaps after", "finishes", "finished by"), BOOLEAN),
    **dict.fromkeys(("includes", "during", "starts", "started by", "coincides"), BOOLEAN),
    **dict.fromkeys(("append", "concatenate", "union", "flatten", "get entries", "partition", "insert before"), _LIST),
    **dict.fromkeys(("list replace",), _LIST),
    **dict.fromkeys(("mode", "index of"), _NUMBERS),
    "split": ListType(STRING),
    "date": SIMPLE["date"],
    "last day of month": SIMPLE["date"],
    "today": SIMPLE["date"],
    "time": SIMPLE["time"],
    "date and time": SIMPLE["date and time"],
    "now": SIMPLE["date and time"],
    "years and months duration": SIMPLE[MONTHS],
    "context": SIMPLE["context"],
    "context put": SIMPLE["context"],
    "context merge": SIMPLE["context"],
    "range": RangeType(ANY),
}
# these give a list like the one they are given, and these a value of the kinds in it
_ALIKE = frozenset({"reverse", "sort", "distinct values", "duplicate values", "sublist", "remove"})
_ELEMENT = frozenset({"min", "max", "sum", "mean"})


def plain(wanted: FeelType) -> FeelType:
    """A type without its name and its allowed values."""
    wanted = wanted.resolved()
    return plain(wanted.base) if isinstance(wanted, LimitedType) else wanted


def kind_of(wanted: FeelType) -> str:
    """The kind every value of a type has, "" where that is not known."""
    wanted = plain(wanted)
    if isinstance(wanted, SimpleType):
        return wanted.name
    names = ((ListType, "list"), (ContextType, "context"), (RangeType, "range"), (FunctionType, "function"))
    return next((name for class_, name in names if isinstance(wanted, class_)), "")


def either(types: Iterable[FeelType]) -> FeelType:
    """The type of a value that is of one of several, null left out; ANY where they differ."""
    found: FeelType | None = None
    for each in map(plain, types):
        if kind_of(each) == "null":
            continue
        if found is not None and not (each.conforms(found) and found.conforms(each)):
            return ANY
        found = each
    return SIMPLE["null"] if found is None else found


def calculates(sign: str, left: str, right: str) -> bool:
    """Whether two kinds have a result, for some of their values at least."""
    return (left, right) in _TABLES[sign]


def calculated(sign: str, left: FeelType, right: FeelType) -> FeelType | None:
    """The type of `left sign right`; None where the kinds are known and have no result."""
    pair = kind_of(left), kind_of(right)
    if "" in pair or "null" in pair:
        return ANY
    found = _TABLES[sign].get(pair)
    return None if found is None else SIMPLE[found]


def member_of(wanted: FeelType, name: str) -> FeelType | None:
    """The type of a member, of a list that of each element's; None where there is none of that name."""
    wanted = plain(wanted)
    if isinstance(wanted, ListType):
        inner = member_of(wanted.element, name)
        return None if inner is None else ListType(inner)
    if isinstance(wanted, ContextType):
        return wanted.members.get(name, ANY if wanted.is_open else None)
    parts = _PARTS.get(kind_of(wanted))
    return ANY if parts is None else parts.get(name)


def element_of(wanted: FeelType) -> FeelType:
    """The type of what a loop or filter over a value meets."""
    wanted = plain(wanted)
    return wanted.element if isinstance(wanted, (ListType, RangeType)) else wanted


def called(name: str, arguments: list[FeelType]) -> FeelType:
    """The type of what a built-in function gives."""
    if name in _ALIKE and arguments:
        return ListType(element_of(arguments[0]))
    if name in _ELEMENT and len(arguments) == 1:
        return element_of(arguments[0])
    if name == "abs" and arguments:
        return ANY if kind_of(arguments[0]) == "list" else plain(arguments[0])
    return _BUILTINS.get(name, ANY)
