"""Closures for arithmetic, comparison, logic and choice."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from service.feel import syntax as s
from service.feel.arithmetic import NUMERIC, calculate, opposite
from service.feel.closures import Compile, Compiler, Evaluate, Static, TestValue
from service.feel.comparison import ORDERS, PLAIN, both, comparable, equal, negated
from service.feel.results import calculates
from service.feel.run import Run, Scope
from service.feel.source import Place
from service.feel.values import Value, boolean, kind, kind_in_chinese

STEPS_OF_A_POWER = 10  # one with a fraction takes fifty times as long as a sum
CONSTANTS = (Decimal, str, bool, date, timedelta)


def _arithmetic(node: s.Arithmetic, compile_node: Compile, static: Static) -> Evaluate:
    first = compile_node(node.first, static)
    rest = [(sign, NUMERIC[sign], compile_node(operand, static)) for sign, operand in node.rest]
    place = node.place
    powers = sum(sign == "**" for sign, _ in node.rest)

    def evaluate(run: Run, scope: Scope | None) -> Value:
        if powers:
            run.budget.spend(STEPS_OF_A_POWER * powers)
        result = first(run, scope)
        for sign, numeric, operand in rest:
            other = operand(run, scope)
            if type(result) is Decimal and type(other) is Decimal:
                try:
                    result = numeric(result, other)
                except DecimalException:
                    return _no_result(run, place, sign, result, other)
                if result.is_finite():
                    continue
                return _no_result(run, place, sign, result, other)
            result = _calculated(run, place, sign, result, other)
        return result

    return evaluate


def _calculated(run: Run, place: Place, sign: str, left: Value, right: Value) -> Value:
    if type(left) is str and type(right) is str:
        run.budget.spend((len(left) + len(right)) // 16)
    result = calculate(sign, left, right)
    return _no_result(run, place, sign, left, right) if result is None else result


def _no_result(run: Run, place: Place, sign: str, left: Value, right: Value) -> None:
    if run.diagnostics is None:
        return
    if calculates(sign, kind(left), kind(right)):
        zh, en = f"“{sign}”没有结果（如除数为零）", f"“{sign}” has no result (such as division by zero)"
        run.note(place, "out-of-range", zh, en)
        return
    zh = f"“{sign}”不能用于{kind_in_chinese(left)}与{kind_in_chinese(right)}"
    run.note(place, "operands", zh, f"“{sign}” does not go with {kind(left)} and {kind(right)}")


def _negation(node: s.Negation, compile_node: Compile, static: Static) -> Evaluate:
    operand, place = compile_node(node.operand, static), node.place

    def evaluate(run: Run, scope: Scope | None) -> Value:
        value = operand(run, scope)
        result = opposite(value)
        if result is None:
            run.note(place, "operands", f"负号不能用于{kind_in_chinese(value)}", f"“-” does not go with {kind(value)}")
        return result

    return evaluate


def note_incomparable(run: Run, place: Place, left: Value, right: Value) -> None:
    """Record that two values of these kinds cannot be compared."""
    if run.diagnostics is None:
        return
    run.note(
        place,
        "comparison",
        f"比较了{kind_in_chinese(left)}与{kind_in_chinese(right)}",
        f"{kind(left)} was compared with {kind(right)}",
    )


def compare(run: Run, place: Place, relation: str, left: Value, right: Value) -> bool | None:
    """`left relation right` for any values; a diagnostic where they cannot be compared."""
    if relation in ("=", "!="):
        same = equal(left, right, run.budget)
        if same is None:
            note_incomparable(run, place, left, right)
        return same if relation == "=" else negated(same)
    pair = comparable(left, right)
    if pair is None:
        note_incomparable(run, place, left, right)
        return None
    return ORDERS[relation](*pair)


def constant_test(relation: str, constant: Value, place: Place) -> TestValue:
    """A test of a value against a constant, with a short way for the constant's own type."""
    own = type(constant)
    if constant is None and relation in ("=", "!="):
        wanted = relation == "="
        return lambda _run, _scope, value: (value is None) is wanted
    if own not in CONSTANTS or (own is bool and relation not in ("=", "!=")):
        return lambda run, _scope, value: compare(run, place, relation, value, constant)
    if relation == "=":
        return lambda run, _scope, value: (
            value == constant if type(value) is own else compare(run, place, "=", value, constant)
        )
    test = _PYTHON[relation]
    return lambda run, _scope, value: (
        test(value, constant) if type(value) is own else compare(run, place, relation, value, constant)
    )


_PYTHON: dict[str, Callable[[Any, Any], bool]] = {"=": operator.eq, "!=": operator.ne, **ORDERS}


def _comparison(node: s.Comparison, compile_node: Compile, static: Static) -> Evaluate:
    left, relation, place = compile_node(node.left, static), node.relation, node.place
    if isinstance(node.right, s.Literal):
        judge = constant_test(relation, node.right.value, place)
        return lambda run, scope: judge(run, scope, left(run, scope))
    right, test = compile_node(node.right, static), _PYTHON[relation]

    def evaluate(run: Run, scope: Scope | None) -> bool | None:
        one, other = left(run, scope), right(run, scope)
        if type(one) is type(other) and type(one) in PLAIN:
            return bool(test(one, other))
        return compare(run, place, relation, one, other)

    return evaluate


def _between(node: s.Between, compile_node: Compile, static: Static) -> Evaluate:
    value, low, high = (compile_node(part, static) for part in (node.value, node.low, node.high))
    place = node.place

    def evaluate(run: Run, scope: Scope | None) -> bool | None:
        tested = value(run, scope)
        above = compare(run, place, ">=", tested, low(run, scope))
        return both(above, compare(run, place, "<=", tested, high(run, scope)))

    return evaluate


def _logic(node: s.Logic, compile_node: Compile, static: Static) -> Evaluate:
    operands = [compile_node(operand, static) for operand in node.operands]
    deciding, place, word = node.word == "or", node.place, node.word
    neutral = not deciding

    def evaluate(run: Run, scope: Scope | None) -> bool | None:
        result: bool | None = neutral
        for operand in operands:
            value = operand(run, scope)
            if value is deciding:
                return not neutral
            if value is not neutral:
                result = None
                if value is not None:
                    zh = f"“{word}”的一侧是{kind_in_chinese(value)}，不是真假"
                    run.note(place, "operands", zh, f"one side of “{word}” is a {kind(value)}, not a boolean")
        return result

    return evaluate


def _if(node: s.If, compile_node: Compile, static: Static) -> Evaluate:
    branches = [(compile_node(test, static), compile_node(then, static)) for test, then in node.branches]
    otherwise, place = compile_node(node.otherwise, static), node.place

    def evaluate(run: Run, scope: Scope | None) -> Value:
        for test, then in branches:
            value = test(run, scope)
            if value is True:
                return then(run, scope)
            if boolean(value) is None:
                zh = f"“if”的条件是{kind_in_chinese(value)}，按不成立处理"
                run.note(place, "condition", zh, f"the condition of “if” is {kind(value)}, taken as not met")
        return otherwise(run, scope)

    return evaluate


COMPILERS: dict[type[s.Node], Compiler] = {
    s.Arithmetic: _arithmetic,
    s.Negation: _negation,
    s.Comparison: _comparison,
    s.Between: _between,
    s.Logic: _logic,
    s.If: _if,
}
