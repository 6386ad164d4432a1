"""What can be said against the results of a table's rules, and the order that its output values give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.dmn.phrases import shown
from service.dmn.table import DecisionTable, Output, Rule
from service.dmn.thresholds import NO_VALUE, constant
from service.feel.comparison import equal, satisfies
from service.feel.types import FeelType, converted
from service.feel.values import Value, kind, kind_in_chinese

RANKED = ("PRIORITY", "OUTPUT ORDER")


@dataclass(frozen=True, slots=True)
class WrongResult:
    """A result that its output column does not take; `rule` None where it is the column itself."""

    rule: int | None
    code: str
    zh: str
    en: str


def wrong_results(table: DecisionTable) -> Iterator[WrongResult]:
    """Constant results of another type or outside the listed values, and a priority policy without an order."""
    if table.policy in RANKED and not any(output.values for output in table.outputs):
        zh = "命中策略按优先级排，但没有一个输出列列出允许值，无从排序"
        en = "the hit policy goes by priority, but no output column lists its values in order"
        yield WrongResult(None, "no-priority", zh, en)
    for number, rule in enumerate(table.rules):
        for output, value in zip(table.outputs, row_of(rule), strict=False):
            if value is not NO_VALUE and value is not None:
                yield from _wrong(number, output, value)


def _wrong(number: int, output: Output, value: Value) -> Iterator[WrongResult]:
    text = shown(value, "zh")
    label = output.label or output.name
    if output.type is not None and converted(value, output.type) is None:
        wanted = _named(output.type)
        zh = f"规则 {number + 1} 的结果“{label}”是{kind_in_chinese(value)}“{text}”，不符合声明的类型{wanted}"
        en = f"rule {number + 1}: the result “{label}” is the {kind(value)} “{text}”, not of the declared type{wanted}"
        yield WrongResult(number, "wrong-type", zh, en)
    elif output.values and not _listed(output, value):
        zh = f"规则 {number + 1} 的结果“{label}”是“{text}”，不在这一列的允许值之中"
        en = f"rule {number + 1}: the result “{label}” is “{text}”, which is not among the column's values"
        yield WrongResult(number, "value-outside", zh, en)


def _named(declared: FeelType) -> str:
    name = getattr(declared.resolved(), "name", "")
    return f" {name}" if name else ""


def _listed(output: Output, value: Value) -> bool:
    known = [constant(node) for node in output.values]
    return any(each is NO_VALUE or satisfies(value, each) is True for each in known)


def row_of(rule: Rule) -> list[Value]:
    """The results of a rule; NO_VALUE for one that has to be worked out in a case."""
    return [constant(result) for result in rule.results]


def ranks_of(table: DecisionTable) -> list[tuple[int, ...] | None]:
    """For each rule how early its results stand in the lists of output values; None where that is not constant."""
    lists = [[constant(node) for node in output.values] for output in table.outputs]
    return [_rank(row_of(rule), lists) for rule in table.rules]


def _rank(row: list[Value], lists: list[list[Value]]) -> tuple[int, ...] | None:
    if any(value is NO_VALUE for value in row) or any(each is NO_VALUE for values in lists for each in values):
        return None
    return tuple(
        next((at for at, each in enumerate(values) if equal(value, each) is True), len(values))
        for value, values in zip(row, lists, strict=False)
    )
