"""A way straight to the rules that can match: by equality on one column, where its cells allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from service.feel import syntax as s
from service.feel.closures import TestValue
from service.feel.values import Value

Cell = tuple[tuple[s.UnaryTest, ...], bool] | None
Tests = tuple[tuple[int, TestValue], ...]

#: fewer rules are gone through as fast
LEAST_RULES = 12
#: how much longer the lists of an index may be than the table itself, since rules with `-` stand in all of them
MOST_TIMES = 8
# kinds whose equality is Python's, and that cannot equal a value of another of these kinds
_EXACT = (str, Decimal, date)


@dataclass(frozen=True, slots=True)
class Index:
    """The rules by the value of one column, each list in the order of the table; a rule there needs its other tests."""

    column: int
    kind: type
    rules: dict[Value, list[tuple[Tests, Any]]]
    otherwise: list[tuple[Tests, Any]]

    def candidates(self, value: Value) -> list[tuple[Tests, Any]] | None:
        """The rules that a value can match, None where the index does not know values of its kind."""
        if type(value) is self.kind or value is None:
            found: list[tuple[Tests, Any]] = self.rules.get(value, self.otherwise)
            return found
        return None


def index_of(cells: Sequence[Sequence[Cell]], plan: Sequence[tuple[Tests, Any]]) -> Index | None:
    """An index over the best column of a table, None where it is small or no column has only constants to be equal to.

    `cells` are those of every rule, `plan` its tests and whatever stands for the rule.
    """
    if len(plan) < LEAST_RULES or not cells:
        return None
    best: Index | None = None
    for column in range(min(map(len, cells))):
        found = _by_column([row[column] for row in cells], plan, column)
        if found is not None and (best is None or len(found.rules) > len(best.rules)):
            best = found
    return best


def _by_column(cells: list[Cell], plan: Sequence[tuple[Tests, Any]], column: int) -> Index | None:
    wanted = [_constants(cell) for cell in cells]
    values = {value for row in wanted if row is not None for value in row}
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) != 1 or any(cell is not None and row is None for cell, row in zip(cells, wanted, strict=True)):
        return None
    always = sum(1 for cell in cells if cell is None)
    if (len(values) + 1) * always > MOST_TIMES * len(plan):
        return None
    rules: dict[Value, list[tuple[Tests, Any]]] = {value: [] for value in values}
    otherwise: list[tuple[Tests, Any]] = []
    for row, (tests, rule) in zip(wanted, plan, strict=True):
        rest = tuple(test for test in tests if test[0] != column)
        if row is None:
            otherwise.append((rest, rule))
        for value in values if row is None else row:
            rules[value].append((rest, rule))
    return Index(column, kinds.pop(), rules, otherwise)


def _constants(cell: Cell) -> frozenset[Value] | None:
    """What a cell is equal to where it asks nothing else, None of any other, `-` included."""
    if cell is None or cell[1]:
        return None
    found: set[Value] = set()
    for test in cell[0]:
        if test.relation not in ("", "=") or not isinstance(test.operand, s.Literal):
            return None
        value = test.operand.value
        if value is not None and type(value) not in _EXACT:
            return None
        found.add(value)
    return frozenset(found)
