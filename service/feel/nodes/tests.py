"""Closures for unary tests: cells of a decision table, and what stands behind `in`."""

from __future__ import annotations

from decimal import Decimal

from service.feel import syntax as s
from service.feel.closures import Compile, Compiler, Evaluate, Static, TestValue
from service.feel.comparison import ORDERS, satisfies
from service.feel.nodes.operators import compare, constant_test, note_incomparable
from service.feel.run import Run, Scope
from service.feel.values import Range, Value, boolean, kind


def compile_test(node: s.UnaryTest, compile_node: Compile, static: Static, *, of_cell: bool) -> TestValue:
    """The closure of one test; in a cell, a condition without `?` counts by its own truth."""
    operand, place = node.operand, node.place
    if isinstance(operand, s.Literal):
        return constant_test(node.relation or "=", operand.value, place)
    if node.asks:
        return _condition(compile_node(operand, static.binding("?")))
    if isinstance(operand, s.RangeLiteral):
        fixed = _fixed_range(operand)
        if fixed is not None:
            return _numbers_within(fixed, node)
    compiled, relation = compile_node(operand, static), node.relation
    if isinstance(operand, s.RangeLiteral):
        return _within(compiled)
    if relation:
        return lambda run, scope, value: compare(run, place, relation, value, compiled(run, scope))
    return _computed(compiled, node, of_cell=of_cell)


def _condition(compiled: Evaluate) -> TestValue:
    return lambda run, scope, value: boolean(compiled(run, Scope({"?": value}, scope)))


def _computed(compiled: Evaluate, node: s.UnaryTest, *, of_cell: bool) -> TestValue:
    place = node.place

    def test(run: Run, scope: Scope | None, value: Value) -> bool | None:
        found = compiled(run, scope)
        if of_cell and (found is True or found is False) and kind(value) != "boolean":
            return found
        result = satisfies(value, found, run.budget)
        if result is None and type(found) is not list:
            note_incomparable(run, place, value, found.start if type(found) is Range else found)
        return result

    return test


def _within(compiled: Evaluate) -> TestValue:
    def test(run: Run, scope: Scope | None, value: Value) -> bool | None:
        found = compiled(run, scope)
        return None if found is None else satisfies(value, found, run.budget)

    return test


def _fixed_range(node: s.RangeLiteral) -> Range | None:
    """The range between two constant numbers, which needs no building."""
    start, end = node.start, node.end
    if not (isinstance(start, s.Literal) and isinstance(end, s.Literal)):
        return None
    if type(start.value) is not Decimal or type(end.value) is not Decimal:
        return None
    return Range(start.value, node.start_included, end.value, node.end_included)


def _numbers_within(within: Range, node: s.UnaryTest) -> TestValue:
    above, below = ORDERS[">=" if within.start_included else ">"], ORDERS["<=" if within.end_included else "<"]
    low, high, place = within.start, within.end, node.place

    def test(run: Run, _scope: Scope | None, value: Value) -> bool | None:
        if type(value) is Decimal:
            return above(value, low) and below(value, high)
        result = satisfies(value, within)
        if result is None:
            note_incomparable(run, place, value, low)
        return result

    return test


def compile_tests(tests: tuple[s.UnaryTest, ...], compile_node: Compile, static: Static, *, of_cell: bool) -> TestValue:
    """The closure of several tests: true where one passes, null where none does and one is null."""
    if len(tests) == 1:
        return compile_test(tests[0], compile_node, static, of_cell=of_cell)
    compiled = [compile_test(test, compile_node, static, of_cell=of_cell) for test in tests]

    def any_test(run: Run, scope: Scope | None, value: Value) -> bool | None:
        result: bool | None = False
        for test in compiled:
            passed = test(run, scope, value)
            if passed is True:
                return True
            if passed is None:
                result = None
        return result

    words = _words(tests)
    if words is None:
        return any_test
    return lambda run, scope, value: value in words if type(value) is str else any_test(run, scope, value)


def _words(tests: tuple[s.UnaryTest, ...]) -> frozenset[str] | None:
    """The strings a cell lists, where it lists nothing else."""
    found = [test.operand.value for test in tests if isinstance(test.operand, s.Literal) and test.relation in ("", "=")]
    if len(found) < len(tests) or not all(type(word) is str for word in found):
        return None
    return frozenset(found)


def _in(node: s.In, compile_node: Compile, static: Static) -> Evaluate:
    value, test = compile_node(node.value, static), compile_tests(node.tests, compile_node, static, of_cell=False)
    return lambda run, scope: test(run, scope, value(run, scope))


COMPILERS: dict[type[s.Node], Compiler] = {s.In: _in}
