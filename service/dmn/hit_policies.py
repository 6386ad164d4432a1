"""From the rules that match to the value of a table (DMN 1.5 §8.2.10)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from service.feel.builtins import BUILTINS
from service.feel.comparison import equal
from service.feel.run import Run
from service.feel.values import Value

if TYPE_CHECKING:
    from service.dmn.table import DecisionTable

POLICIES = ("UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("COUNT", "SUM", "MIN", "MAX")
Ranks = list[list[Value]] | None
Policy = Callable[[Run, "DecisionTable", list[Value], Ranks], Value]


def no_hit(run: Run, table: DecisionTable) -> Value:
    """The value of a table in which no rule matches and no default is given: null, but a count of none is 0."""
    if table.policy == "COLLECT" and table.aggregation == "COUNT":
        return Decimal(0)
    return run.note(table.place, "no-rule", "没有规则命中", "no rule matches")


def decided(run: Run, table: DecisionTable, rows: list[Value], ranks: Ranks) -> Value:
    """The value made of the results of the matching rules, in the order of the table."""
    return _POLICIES[table.policy](run, table, rows, ranks)


def _first(_run: Run, _table: DecisionTable, rows: list[Value], _ranks: Ranks) -> Value:
    return rows[0]


def _any(run: Run, table: DecisionTable, rows: list[Value], _ranks: Ranks) -> Value:
    if all(equal(row, rows[0], run.budget) is True for row in rows):
        return rows[0]
    zh, en = "命中策略为“任一”，但命中规则的结果不同", "the hit policy is ANY, but the matching rules differ"
    return run.note(table.place, "different-results", zh, en)


def _by_priority(run: Run, table: DecisionTable, rows: list[Value], ranks: Ranks) -> list[Value]:
    """Sorted by the outputs' value lists, the first output first; what no list holds comes last."""
    single = len(table.outputs) == 1

    def rank(row: Value) -> list[int]:
        keys: list[int] = []
        for output, values in zip(table.outputs, ranks or [], strict=False):
            value = row if single else row[output.name]
            keys.append(next((at for at, each in enumerate(values) if equal(value, each, run.budget)), len(values)))
        return keys

    return sorted(rows, key=rank)


def _priority(run: Run, table: DecisionTable, rows: list[Value], ranks: Ranks) -> Value:
    return _by_priority(run, table, rows, ranks)[0]


def _all(_run: Run, _table: DecisionTable, rows: list[Value], _ranks: Ranks) -> Value:
    return rows


def _collect(run: Run, table: DecisionTable, rows: list[Value], _ranks: Ranks) -> Value:
    if not table.aggregation:
        return rows
    if table.aggregation == "COUNT":
        return Decimal(len(rows))
    return BUILTINS[table.aggregation.lower()].invoke(run, [rows], None, table.place)


_POLICIES: dict[str, Policy] = {
    "UNIQUE": _first,
    "FIRST": _first,
    "ANY": _any,
    "PRIORITY": _priority,
    "OUTPUT ORDER": _by_priority,
    "RULE ORDER": _all,
    "COLLECT": _collect,
}
