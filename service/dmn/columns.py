"""The inputs of a table as the check sees them: what each can be, and which of it every rule takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from service.dmn.inference import Names, Possible, of_type, possible
from service.dmn.item_definitions import AllowedValues
from service.dmn.reading import Cell
from service.dmn.regions import NotDecided, Region, cut
from service.dmn.table import DecisionTable
from service.dmn.thresholds import Thresholds, asks_only_itself, tester, thresholds
from service.feel.run import Budget, BudgetExceeded
from service.feel.types import LimitedType
from service.feel.values import Value, kind

_ANY_VALUE = (Region("…", point=False),)


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A constant in a cell that its input can never be; `wrong_kind` where it is not even of its kind."""

    rule: int
    input: int
    value: Value
    wrong_kind: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One input; inputs of one expression are one column.

    `whole` are the regions it can be in, as bits; `sure` and `maybe` for each rule those that it takes, and those that
    it may take. They differ where a cell asks what was not decided. They hold null even where the input is never null:
    a rule for it is caution, not a mistake.
    """

    inputs: tuple[int, ...]
    label: str
    possible: Possible
    regions: Sequence[Region]
    whole: int
    sure: tuple[int, ...]
    maybe: tuple[int, ...]
    misplaced: tuple[Misplaced, ...]


def columns_of(table: DecisionTable, names: Names, budget: Budget) -> list[Column]:
    """The columns of a table, where these names are around it. Raises BudgetExceeded."""
    by_text: dict[str, list[int]] = {}
    for index, column in enumerate(table.inputs):
        by_text.setdefault(column.text or f"#{index}", []).append(index)
    return [_column(table, tuple(inputs), names, budget) for inputs in by_text.values()]


def _column(table: DecisionTable, inputs: tuple[int, ...], names: Names, budget: Budget) -> Column:
    value = _what_it_can_be(table, inputs, names)
    limits = [each for each in value.limits if isinstance(each, AllowedValues)]
    allowed = [table.inputs[index].allowed for index in inputs if table.inputs[index].allowed is not None]
    cells = [rule.cells[index] for rule in table.rules for index in inputs]
    apart = {id(cell): thresholds(cell) for cell in (*cells, *allowed, *(limit.cell for limit in limits))}
    misplaced = list(_misplaced(table, inputs, value, allowed, apart))
    regions: Sequence[Region] = _ANY_VALUE
    try:
        regions = _regions(value, [part for part in apart.values() if part is not None])
    except NotDecided:
        apart = dict.fromkeys(apart)
    masks = _Masks(regions, apart, budget)
    able = masks.everything
    for cell in allowed:
        able &= masks.of(cell)[1]
    for limit in limits:
        able &= masks.of(limit.cell)[1] | masks.null
    pairs = [[masks.of(rule.cells[index]) for index in inputs] for rule in table.rules]
    sure = tuple(_all([one for one, _ in cells], able) for cells in pairs)
    maybe = tuple(_all([one for _, one in cells], able) for cells in pairs)
    whole = able if value.null else able & ~masks.null
    return Column(inputs, table.inputs[inputs[0]].label, value, regions, whole, sure, maybe, tuple(misplaced))


def _all(masks: list[int], whole: int) -> int:
    for mask in masks:
        whole &= mask
    return whole


def _what_it_can_be(table: DecisionTable, inputs: tuple[int, ...], names: Names) -> Possible:
    value = possible(table.inputs[inputs[0]].expression, names)
    for index in inputs:
        declared = of_type(table.inputs[index].type)
        limits = tuple(limit for limit in declared.limits if limit not in value.limits)
        kinds = declared.kinds if value.kinds is None else value.kinds
        value = replace(value, kinds=kinds, limits=(*value.limits, *limits))
    return value


def _regions(value: Possible, apart: list[Thresholds]) -> list[Region]:
    values = [each for part in apart for each in part.values]
    return cut(values, value, ordered_texts=any(part.ordered for part in apart))


class _Masks:
    """The regions that a cell takes, worked out once for every cell of the same text.

    A decided cell says the same of all regions between two of its own constants, and of all texts but those it names.
    """

    def __init__(self, regions: Sequence[Region], apart: dict[int, Thresholds | None], budget: Budget) -> None:
        self.regions = regions
        self.everything = (1 << len(regions)) - 1
        self.null = sum(1 << at for at, region in enumerate(regions) if region.point and region.sample is None)
        self._apart = apart
        self._budget = budget
        self._places = {_key(each.sample): at for at, each in enumerate(regions) if each.point}
        self._segments = list(_segments(regions))
        self._known: dict[object, tuple[int, int]] = {}

    def of(self, cell: Cell) -> tuple[int, int]:
        """The regions that the cell takes for sure, and those that it may take."""
        if cell is None:
            return self.everything, self.everything
        key = tuple((test.place.source.text, test.place.at) for test in cell[0]), cell[1]
        if key not in self._known:
            self._known[key] = self._asked(cell)
        return self._known[key]

    def _asked(self, cell: Cell) -> tuple[int, int]:
        apart = self._apart.get(id(cell))
        if apart is None and not asks_only_itself(cell):
            return 0, self.everything
        try:
            if apart is None:
                return self._point_by_point(tester(cell))
            taken = self._by_segments(tester(cell), apart)
        except BudgetExceeded:
            return 0, self.everything
        return taken, taken

    def _point_by_point(self, test: Callable[[Value], bool]) -> tuple[int, int]:
        """Of a cell that is not decided, but reads its value only: what it says of single values is known."""
        sure = maybe = 0
        self._budget.spend(len(self.regions))
        for at, region in enumerate(self.regions):
            taken = test(region.sample)
            sure |= (taken and region.point) << at
            maybe |= (taken or not region.point) << at
        return sure, maybe

    def _by_segments(self, test: Callable[[Value], bool], apart: Thresholds) -> int:
        def told(at: int) -> bool:
            return test(self.regions[at].sample)

        own = sorted({self._places[key] for key in map(_key, apart.values) if key in self._places})
        self._budget.spend(1 + len(own))
        found = 0
        for start, stop in self._segments:
            inside = [at for at in own if start <= at < stop]
            found |= _filled(inside, start, stop, told, line=self.regions[start].line)
        return found


def _filled(own: list[int], start: int, stop: int, test: Callable[[int], bool], *, line: bool) -> int:
    """The bits from start to stop that pass, where only `own` ones are told apart, on a line also what lies between."""
    found = sum(1 << at for at in own if test(at))
    if line:
        for low, high in pairwise([start - 1, *own, stop]):
            if high - low > 1 and test(low + 1):
                found |= (1 << high) - (1 << low + 1)
        return found
    other = next((at for at in range(start, stop) if at not in own), None)
    if other is not None and test(other):
        found |= ((1 << stop) - (1 << start)) & ~sum(1 << at for at in own)
    return found


def _segments(regions: Sequence[Region]) -> Iterator[tuple[int, int]]:
    """Where regions of one kind begin and end."""
    start = 0
    for at in range(1, len(regions) + 1):
        if at == len(regions) or kind(regions[at].sample) != kind(regions[start].sample):
            yield start, at
            start = at


def _key(value: Value) -> tuple[str, Value]:
    """Tells 1 and true apart, which Python does not."""
    return kind(value), value


def _misplaced(
    table: DecisionTable,
    inputs: tuple[int, ...],
    value: Possible,
    allowed: list[Cell],
    apart: dict[int, Thresholds | None],
) -> Iterator[Misplaced]:
    """The constants of the cells that the input can never be."""
    for number, rule in enumerate(table.rules):
        for index in inputs:
            found = apart[id(rule.cells[index])]
            for each in found.values if found is not None else ():
                if each is not None and value.kinds is not None and kind(each) not in value.kinds:
                    yield Misplaced(number, index, each, wrong_kind=True)
            for each in found.equals if found is not None else ():
                of_kind = value.kinds is None or kind(each) in value.kinds
                if each is not None and of_kind and not _can_be(each, value, allowed):
                    yield Misplaced(number, index, each, wrong_kind=False)


def _can_be(each: Value, value: Possible, allowed: list[Cell]) -> bool:
    if isinstance(each, str) and value.words is not None and each not in value.words:
        return False
    return all(limit.test(each) is not False for limit in value.limits if _limits(limit, each)) and all(
        tester(cell)(each) for cell in allowed
    )


def _limits(limit: LimitedType, each: Value) -> bool:
    return isinstance(limit, AllowedValues) and limit.base.accepts(each)
