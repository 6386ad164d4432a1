"""Cuts what a column can be into regions in each of which every cell of it says the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from service.dmn.inference import Possible
from service.dmn.phrases import shown
from service.feel.comparison import equal, ordered
from service.feel.values import Value, YearsMonths, kind

_SECONDS = timedelta(seconds=1)
_LINES = frozenset({"number", "date", "date and time", "time", "days and time duration", "years and months duration"})


class NotDecided(Exception):  # noqa: N818 - an answer, not an error
    """A column holds something whose order or neighbours are not known."""


@dataclass(frozen=True, slots=True)
class Region:
    """Values told apart by no cell; `sample` is one of them, and where it is a `point` the only one.

    It lies between `low` and `high`, both excluded, None without end; a point on a line is its own `low` and `high`.
    """

    sample: Value
    point: bool = True
    low: Value = None
    high: Value = None
    line: bool = False


def cut(values: Sequence[Value], possible: Possible, *, ordered_texts: bool) -> list[Region]:
    """The regions of a column whose cells compare with these values, null the last. Raises NotDecided."""
    points = _distinct(values)
    kinds = possible.kinds if possible.kinds is not None else frozenset(kind(each) for each in points) - {"null"}
    found: list[Region] = []
    for each in sorted(kinds - {"null"}) or ["string"]:
        own = [point for point in points if kind(point) == each]
        found += _of_kind(each, own, possible, ordered_texts=ordered_texts)
    return [*found, Region(None)]


def _distinct(values: Iterable[Value]) -> list[Value]:
    found: list[Value] = []
    seen: set[Any] = set()
    for value in values:
        try:
            key = kind(value), value
            if key in seen:
                continue
            seen.add(key)
        except TypeError:
            raise NotDecided from None  # a context or list to be equal to
        if not any(equal(value, each) is True for each in found if type(each) is not type(value)):
            found.append(value)
    return found


def _of_kind(kind_: str, points: list[Value], possible: Possible, *, ordered_texts: bool) -> list[Region]:
    if kind_ == "boolean":
        return [Region(True), Region(False)]
    if kind_ == "string" and possible.words is not None:
        return [Region(word) for word in sorted(possible.words)]
    if kind_ in _LINES or (kind_ == "string" and ordered_texts):
        return _line(kind_, points, possible)
    if kind_ == "string":
        return [*map(Region, points), Region(_other_text(points), point=False)]
    if points:
        raise NotDecided
    return [Region(_SAMPLES.get(kind_, "…"), point=False)]


_SAMPLES: dict[str, Value] = {"list": [], "context": {}}


def _other_text(points: list[Value]) -> str:
    """A text that is none of the points."""
    return next(text for text in ("…" * length for length in range(1, len(points) + 2)) if text not in points)


def _line(kind_: str, points: list[Value], possible: Possible) -> list[Region]:
    """Points in their order and what lies before, between and behind them, where something does."""
    for one, other in pairwise(points):
        if ordered("<", one, other) is None:
            raise NotDecided  # with and without a zone
    row = sorted(points, key=cmp_to_key(lambda one, other: -1 if ordered("<", one, other) else 1))
    neighbours = _number_between(possible) if kind_ == "number" else _BETWEEN[kind_]
    found: list[Region] = []
    ends: list[Value] = [None, *row, None]
    for low, high in pairwise(ends):
        if low is not None and (kind_ != "number" or _is_possible(low, possible)):
            found.append(Region(low, low=low, high=low, line=True))
        try:
            sample = neighbours(low, high)
        except OverflowError:
            sample = None
        if sample is not None:
            found.append(Region(sample, point=False, low=low, high=high, line=True))
    return found


def _is_possible(value: Decimal, possible: Possible) -> bool:
    whole = not possible.whole or value == value.to_integral_value()
    return whole and (possible.least is None or value >= possible.least)


def _number_between(possible: Possible) -> Callable[[Any, Any], Value]:
    """Gives a number strictly between two, None where there is none; whole ones and those from the least on only."""
    least = possible.least

    def between(low: Decimal | None, high: Decimal | None) -> Decimal | None:
        if low is None or (least is not None and low < least):
            if least is not None:
                return least if high is None or least < high else None
            return Decimal(0) if high is None else _floor(high - 1)
        following = _floor(low) + 1
        if high is None or following < high:
            return following
        return None if possible.whole else (low + high) / 2

    return between


def _floor(value: Decimal) -> Decimal:
    return value.to_integral_value(rounding="ROUND_FLOOR")


def _date_between(low: date | None, high: date | None) -> date | None:
    day = timedelta(days=1)
    if low is None:
        return date(2000, 1, 1) if high is None else high - day
    following = low + day
    return following if high is None or following < high else None


def _moment_between(low: datetime | None, high: datetime | None) -> datetime | None:
    if low is None:
        return datetime(2000, 1, 1) if high is None else high - _SECONDS  # noqa: DTZ001 - FEEL has local ones
    return low + _SECONDS if high is None else low + (high - low) / 2


def _duration_between(low: timedelta | None, high: timedelta | None) -> timedelta | None:
    if low is None:
        return timedelta() if high is None else high - timedelta(days=1)
    return low + timedelta(days=1) if high is None else low + (high - low) / 2


def _months_between(low: YearsMonths | None, high: YearsMonths | None) -> YearsMonths | None:
    if low is None:
        return YearsMonths(0 if high is None else high.months - 1)
    following = YearsMonths(low.months + 1)
    return following if high is None or following < high else None


def _time_between(low: time | None, high: time | None) -> time | None:
    if any(each is not None and each.tzinfo is not None for each in (low, high)):
        raise NotDecided
    first = 0 if low is None else _seconds(low) + 1
    last = 24 * 3600 - 1 if high is None else _seconds(high) - (0 if high.microsecond else 1)
    return time(first // 3600, first // 60 % 60, first % 60) if first <= last else None


def _seconds(value: time) -> int:
    return value.hour * 3600 + value.minute * 60 + value.second


def _text_between(low: str | None, high: str | None) -> str | None:
    if low is None:
        return None if high == "" else ""
    return next((low + sign for sign in (" ", "\t", "\x00") if high is None or low + sign < high), None)


_BETWEEN: dict[str, Callable[[Any, Any], Value]] = {
    "date": _date_between,
    "date and time": _moment_between,
    "days and time duration": _duration_between,
    "years and months duration": _months_between,
    "time": _time_between,
    "string": _text_between,
}


def told(regions: Sequence[Region], mask: int, language: str) -> str:
    """The regions of a mask in words: “空、低于 5、[10..20)”."""
    chosen = [bool(mask >> at & 1) for at in range(len(regions))]
    texts: list[str] = []
    at = 0
    while at < len(regions):
        if not chosen[at]:
            at += 1
            continue
        last = at
        while regions[at].line and last + 1 < len(regions) and chosen[last + 1] and regions[last + 1].line:
            last += 1
        texts.append(_span(regions[at], regions[last], language) if regions[at].line else _lone(regions, at, language))
        at = last + 1
    return ("、" if language == "zh" else " or ").join(texts)


def _lone(regions: Sequence[Region], at: int, language: str) -> str:
    region = regions[at]
    if region.point:
        text = shown(region.sample, language)
        return f"“{text}”" if isinstance(region.sample, str) else text
    others = any(isinstance(each.sample, str) and each.point for each in regions)
    if language == "zh":
        return "其他值" if others else "任何值"
    return "any other value" if others else "any value"


def _span(first: Region, last: Region, language: str) -> str:
    if first is last and first.point:
        return shown(first.sample, language)
    low, high = first.low, last.high
    if low is None and high is None:
        return "任何值" if language == "zh" else "any value"
    if low is None:
        return f"{'<=' if last.point else '<'} {shown(high, language)}"
    if high is None:
        return f"{'>=' if first.point else '>'} {shown(low, language)}"
    before, after = ("[" if first.point else "("), ("]" if last.point else ")")
    return f"{before}{shown(low, language)}..{shown(high, language)}{after}"
