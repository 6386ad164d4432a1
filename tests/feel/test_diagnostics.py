"""Null is silent in FEEL; diagnostics say where it came from."""

import pytest

from service.feel import Diagnostic, Function, compile_expression, compile_unary_tests, from_json

CAUSES = [
    ('x > "3"', "comparison", "比较了数字与字符串", 3),
    ("missing + 1", "unknown-name", "没有名为“missing”的变量", 1),
    ("case.nothing", "no-member", "上下文没有成员“nothing”", 5),
    ("x.y", "no-member", "数字没有成员“y”", 2),
    ("x + true", "operands", "不能用于数字与布尔值", 3),
    ("x / 0", "out-of-range", "除数为零", 3),
    ('@"P1Y" / 0', "out-of-range", "除数为零", 8),
    ('@"9999-12-31" + @"P999999999Y"', "out-of-range", "没有结果", 15),
    ("every i in [1] satisfies i", "condition", "“every”的条件是数字", 26),
    ('matches("a", "(")', "pattern", "正则表达式“(”不能使用", 8),
    ("if x then 1 else 2", "condition", "按不成立处理", 1),
    ('sum("a")', "no-result", "函数“sum”", 4),
    ("substring(1)", "arguments", "函数“substring”不接受参数（数字）", 10),
    ("foo(1)", "unknown-function", "没有名为“foo”的函数", 1),
    ("x(1)", "no-function", "数字不能当作函数调用", 2),
    ("[1][2]", "position", "没有元素", 4),
    ("for i in null return i", "iteration", "空值", 5),
    ("twice()", "arguments", "应为（n）", 6),
    ("true and x", "operands", "不是真假", 6),
]


@pytest.mark.parametrize(("text", "code", "zh", "column"), CAUSES)
def test_a_null_tells_its_cause(text: str, code: str, zh: str, column: int) -> None:
    found: list[Diagnostic] = []
    functions = {"twice": Function(("n",), lambda n: n * 2)}
    variables = {"x": from_json(1), "case": {}}
    compile_expression(text).evaluate(variables, functions=functions, diagnostics=found)
    first = found[0]
    assert (first.code, first.line, first.column) == (code, 1, column)
    assert zh in first.zh
    assert first.en


def test_a_cell_tells_that_kinds_do_not_compare() -> None:
    found: list[Diagnostic] = []
    assert compile_unary_tests(">= 5").test("5", {}, diagnostics=found) is None
    assert found[0].zh == "比较了字符串与数字"


def test_what_is_right_says_nothing() -> None:
    found: list[Diagnostic] = []
    compile_expression("null = 1 or x = null or count([]) = 0").evaluate({"x": None}, diagnostics=found)
    assert found == []


def test_diagnostics_do_not_grow_without_end() -> None:
    found: list[Diagnostic] = []
    compile_expression('for i in 1..1000 return i < "a"').evaluate({}, diagnostics=found)
    assert len(found) == 200
