"""Turns the parts of an expression into closures, each by the one function for its kind."""

from __future__ import annotations

from service.feel import syntax as s
from service.feel.closures import Compiler, Evaluate, Static, TestValue
from service.feel.comparison import negated
from service.feel.nodes import calls, loops, operators, reading, tests
from service.feel.source import FeelSyntaxError

MAX_DEPTH = 150

_COMPILERS: dict[type[s.Node], Compiler] = (
    reading.COMPILERS | operators.COMPILERS | tests.COMPILERS | loops.COMPILERS | calls.COMPILERS
)


def compile_node(node: s.Node, static: Static) -> Evaluate:
    """The closure of a node; raises FeelSyntaxError where the expression nests too deeply to be run."""
    if static.depth > MAX_DEPTH:
        place = node.place
        zh, en = "表达式嵌套过深，请拆成几步", "the expression nests too deeply, split it into steps"
        raise FeelSyntaxError(place.line, place.column, zh, en)
    deeper = Static(static.locals, static.rows, static.depth + 1)
    compiler = _COMPILERS.get(type(node))
    if compiler is not None:
        return compiler(node, compile_node, deeper)
    assert isinstance(node, s.Foreign)  # noqa: S101 - every other kind of node has a compiler
    return node.compiled(compile_node, deeper)


def compile_cell(tests_and_sign: tuple[tuple[s.UnaryTest, ...], bool] | None, static: Static) -> TestValue:
    """The closure of a whole cell; `-` passes everything, `not(…)` turns the answer round."""
    if tests_and_sign is None:
        return lambda _run, _scope, _value: True
    unary_tests, is_negated = tests_and_sign
    test = tests.compile_tests(unary_tests, compile_node, static, of_cell=True)
    if not is_negated:
        return test
    return lambda run, scope, value: negated(test(run, scope, value))
