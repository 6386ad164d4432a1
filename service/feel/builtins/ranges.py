"""Relations between points and ranges (DMN 1.5 §10.3.4.8), and ranges read from text."""

from __future__ import annotations

import re
from collections.abc import Callable

from service.feel import syntax as s
from service.feel.builtins.registry import BUILTINS, builtin
from service.feel.comparison import equal, ordered
from service.feel.names import KnownNames
from service.feel.parser import parse
from service.feel.run import Run
from service.feel.source import NOWHERE, FeelSyntaxError, Source
from service.feel.values import Range, Value, kind

Relation = Callable[[Range, Range], bool | None]

_RANGE = re.compile(r"\s*([\[\](])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.S)
STEPS_TO_READ = 50  # of two texts with a parser
_DATE_FUNCTIONS = ("date", "time", "date and time", "duration")


def _any(*parts: bool | None) -> bool | None:
    return True if True in parts else None if None in parts else False


def _all(*parts: bool | None) -> bool | None:
    return False if False in parts else None if None in parts else True


def _lt(left: Value, right: Value) -> bool | None:
    return ordered("<", left, right)


def _before(a: Range, b: Range) -> bool | None:
    return _any(_lt(a.end, b.start), _all(equal(a.end, b.start), not a.end_included or not b.start_included))


def _meets(a: Range, b: Range) -> bool | None:
    return _all(a.end_included and b.start_included, equal(a.end, b.start))


def _overlaps(a: Range, b: Range) -> bool | None:
    return _all(
        _any(_lt(b.start, a.end), _all(equal(a.end, b.start), a.end_included and b.start_included)),
        _any(_lt(a.start, b.end), _all(equal(a.start, b.end), a.start_included and b.end_included)),
    )


def _overlaps_before(a: Range, b: Range) -> bool | None:
    return _all(
        _any(_lt(a.start, b.start), _all(equal(a.start, b.start), a.start_included and not b.start_included)),
        _any(_lt(b.start, a.end), _all(equal(a.end, b.start), a.end_included and b.start_included)),
        _any(_lt(a.end, b.end), _all(equal(a.end, b.end), not a.end_included or b.end_included)),
    )


def _overlaps_after(a: Range, b: Range) -> bool | None:
    return _all(
        _any(_lt(a.start, b.end), _all(equal(b.end, a.start), b.end_included and a.start_included)),
        _any(_lt(b.start, a.start), _all(equal(b.start, a.start), b.start_included or not a.start_included)),
        _any(_lt(b.end, a.end), _all(equal(a.end, b.end), a.end_included and not b.end_included)),
    )


def _finishes(a: Range, b: Range) -> bool | None:
    return _all(
        equal(a.end, b.end),
        a.end_included == b.end_included,
        _any(_lt(b.start, a.start), _all(equal(a.start, b.start), not a.start_included or b.start_included)),
    )


def _starts(a: Range, b: Range) -> bool | None:
    return _all(
        equal(a.start, b.start),
        a.start_included == b.start_included,
        _any(_lt(a.end, b.end), _all(equal(a.end, b.end), not a.end_included or b.end_included)),
    )


def _includes(a: Range, b: Range) -> bool | None:
    return _all(
        _any(_lt(a.start, b.start), _all(equal(a.start, b.start), a.start_included or not b.start_included)),
        _any(_lt(b.end, a.end), _all(equal(a.end, b.end), a.end_included or not b.end_included)),
    )


def _coincides(a: Range, b: Range) -> bool | None:
    bounds = a.start_included == b.start_included and a.end_included == b.end_included
    return _all(equal(a.start, b.start), equal(a.end, b.end), bounds)


def _turned(relation: Relation) -> Relation:
    return lambda a, b: relation(b, a)


def _as_range(value: Value) -> Range:
    return value if type(value) is Range else Range(value, True, value, True)


def _related(relation: Relation) -> Callable[[Value, Value], Value]:
    """The relation over points and ranges; a point is the range from itself to itself."""
    return lambda left, right: relation(_as_range(left), _as_range(right))


_SIGNATURES = {
    "pp": "point1: point, point2: point",
    "pr": "point: point, range: range",
    "rp": "range: range, point: point",
    "rr": "range1: range, range2: range",
}
for _name, _relation, _shapes in (
    ("before", _before, "pp pr rp rr"),
    ("after", _turned(_before), "pp pr rp rr"),
    ("meets", _meets, "rr"),
    ("met by", _turned(_meets), "rr"),
    ("overlaps", _overlaps, "rr"),
    ("overlaps before", _overlaps_before, "rr"),
    ("overlaps after", _overlaps_after, "rr"),
    ("finishes", _finishes, "pr rr"),
    ("finished by", _turned(_finishes), "rp rr"),
    ("includes", _includes, "rp rr"),
    ("during", _turned(_includes), "pr rr"),
    ("starts", _starts, "pr rr"),
    ("started by", _turned(_starts), "rp rr"),
    ("coincides", _coincides, "pp rr"),
):
    for _shape in _shapes.split():
        builtin(_name, _SIGNATURES[_shape])(_related(_relation))


@builtin("range", "from: string", needs_run=True)
def _range(run: Run, text: str) -> Value:
    """A range of literals, such as "[1..5]" or "(..@\"2026-01-01\")"; it is read, never evaluated."""
    run.budget.spend(STEPS_TO_READ)
    found = _RANGE.fullmatch(text)
    if not found or not (found[2] or found[3]):
        return None
    start, end = _endpoint(run, found[2]), _endpoint(run, found[3])
    start_included, end_included = found[1] == "[", found[4] == "]"
    if (start is None and (found[2] or start_included)) or (end is None and (found[3] or end_included)):
        return None
    if start is not None and end is not None and (kind(start) != kind(end) or ordered(">", start, end) is not False):
        return None
    return Range(start, start_included, end, end_included)


def _endpoint(run: Run, text: str) -> Value:
    if not text:
        return None
    try:
        node = parse(Source(text), KnownNames(BUILTINS), {})
    except FeelSyntaxError:
        return None
    if isinstance(node, s.Literal):
        return node.value
    if not isinstance(node, s.Call) or not isinstance(node.function, s.Name) or node.named is not None:
        return None
    arguments = [argument.value for argument in node.arguments if isinstance(argument, s.Literal)]
    if node.function.name not in _DATE_FUNCTIONS or len(arguments) != len(node.arguments):
        return None
    return BUILTINS[node.function.name].invoke(run, arguments, None, NOWHERE)
