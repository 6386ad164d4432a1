"""The constants that a cell compares its value with, and whether nothing but them decides what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from service.dmn.reading import Cell
from service.feel import syntax as s
from service.feel.closures import Static
from service.feel.compiler import compile_cell, compile_node
from service.feel.reads import NOTHING, Locals, Reader
from service.feel.run import NO_FUNCTIONS, Budget, BudgetExceeded, Run
from service.feel.source import FeelSyntaxError
from service.feel.values import Range, Value

NO_VALUE = object()


class Thresholds:
    """What a cell compares with: all `values`, those it `equals`, and whether more than equality is asked of some."""

    __slots__ = ("equals", "ordered", "values")

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.equals: list[Value] = []
        self.ordered = False

    def add(self, value: Value, *, ordered: bool, equals: bool = False) -> None:
        """Note a constant; a range or list counts by what is in it."""
        if isinstance(value, Range):
            for end in (value.start, value.end):
                if end is not None:
                    self.add(end, ordered=ordered or not value.relation)
        elif isinstance(value, list):
            for part in value:
                self.add(part, ordered=ordered, equals=equals)
        else:
            self.values.append(value)
            self.ordered = self.ordered or ordered
            if equals:
                self.equals.append(value)


def thresholds(cell: Cell) -> Thresholds | None:
    """The constants of a cell that asks nothing else of its value, None of one that does."""
    found = Thresholds()
    tests, is_negated = cell if cell is not None else ((), False)
    return found if all(_test(test, found, positive=not is_negated) for test in tests) else None


def asks_only_itself(cell: Cell) -> bool:
    """Whether a cell reads nothing but the value it tests."""
    reader = Reader()
    for test in cell[0] if cell else ():
        reader.use(test, Locals({"?": NOTHING}))
    return not reader.names


def constant(node: s.Node) -> Value:
    """The value of an expression that reads nothing, NO_VALUE where it reads something or cannot be worked out."""
    if isinstance(node, s.Literal):
        return node.value
    if any(isinstance(part, s.Foreign) for part in parts_of(node)):
        return NO_VALUE
    reader = Reader()
    reader.use(node, Locals())
    if reader.names:
        return NO_VALUE
    try:
        return compile_node(node, Static())(Run({}, NO_FUNCTIONS, Budget(10_000), None), None)
    except (BudgetExceeded, FeelSyntaxError, RecursionError):
        return NO_VALUE


def tester(cell: Cell) -> Callable[[Value], bool]:
    """What a cell that reads nothing else says of a value; the test raises BudgetExceeded."""
    test = compile_cell(cell, Static())
    return lambda value: test(Run({}, NO_FUNCTIONS, Budget(10_000), None), None, value) is True


def parts_of(node: object) -> Iterator[s.Node]:
    """A node and all nodes in it; what stands in a table is left to the table."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            waiting.extend(each)
        elif isinstance(each, s.Node):
            yield each
            if not isinstance(each, s.Foreign):
                waiting.extend(getattr(each, one.name) for one in fields(each))


def _test(test: s.UnaryTest, found: Thresholds, *, positive: bool) -> bool:
    if test.asks:
        return _condition(test.operand, found, positive=positive)
    return _operand(test.relation, test.operand, found, positive=positive)


def _operand(relation: str, operand: s.Node, found: Thresholds, *, positive: bool) -> bool:
    value = constant(operand)
    if value is NO_VALUE:
        return False
    equal = relation in ("", "=")
    found.add(value, ordered=relation not in ("", "=", "!="), equals=equal and positive)
    return True


def _condition(node: s.Node, found: Thresholds, *, positive: bool) -> bool:
    """Whether a condition on `?` only compares it with constants."""
    if isinstance(node, s.Logic):
        return all(_condition(each, found, positive=positive) for each in node.operands)
    if isinstance(node, s.Comparison):
        sides = [node.left, node.right]
        other = next((sides[1 - at] for at, side in enumerate(sides) if _is_value(side)), None)
        return other is not None and _operand(node.relation, other, found, positive=positive)
    if isinstance(node, s.Between):
        ends = (node.low, node.high)
        return _is_value(node.value) and all(_operand(">=", end, found, positive=positive) for end in ends)
    if isinstance(node, s.In):
        return _is_value(node.value) and all(
            not test.asks and _operand(test.relation, test.operand, found, positive=positive) for test in node.tests
        )
    if isinstance(node, s.Call) and isinstance(node.function, s.Name) and node.function.name == "not":
        return len(node.arguments) == 1 and _condition(node.arguments[0], found, positive=False)
    return isinstance(node, s.Literal) and isinstance(node.value, bool)


def _is_value(node: s.Node) -> bool:
    return isinstance(node, s.Name) and node.name == "?"
