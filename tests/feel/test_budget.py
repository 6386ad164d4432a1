"""No expression runs long, grows large or overflows the stack; each attack ends in a clear error or in null."""

import time
import tracemalloc

import pytest

from service.feel import (
    Budget,
    BudgetExceeded,
    FeelSyntaxError,
    Function,
    compile_expression,
    compile_unary_tests,
    from_json,
    to_json,
    to_text,
)

GREEDY = [
    "for i in 1..100000000 return i",
    "for i in 1..100000, j in 1..100000 return 1",
    "some i in 1..1000000000 satisfies i < 0",
    'count([1..1000000000]) + count(for d in @"0001-01-01"..@"9999-12-31" return d)',
    "for i in 1..60 return if i = 1 then [1, 1] else concatenate(partial[-1], partial[-1])",
    'for i in 1..60 return if i = 1 then "aaaaaaaa" else partial[-1] + partial[-1]',
    'for i in 1..60 return if i = 1 then "aaaaaaaa" else replace(partial[-1], "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")',
    'for i in 1..60 return if i = 1 then "aaaaaaaa" else string join([partial[-1], partial[-1]], partial[-1])',
    "string((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1])",
    "flatten((for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1])",
    "{a: for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]],"
    " b: for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]], c: a = b}.c",
    "{f: function(g, n) g(g, n + 1), r: f(f, 1)}.r",
    "distinct values(for i in 1..3000 return [i])",
    "distinct values(for i in 1..3000 return [i..i + 1])",
]


@pytest.mark.parametrize("text", GREEDY)
def test_a_greedy_expression_is_stopped(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(BudgetExceeded):
        compile_expression(text).evaluate({})
    assert time.perf_counter() - started < 5


def test_a_budget_is_shared_by_evaluations() -> None:
    budget = Budget(350)
    compiled = compile_expression("count(for i in 1..100 return i)")
    compiled.evaluate({}, budget=Budget(10_000))
    compiled.evaluate({}, budget=budget)
    with pytest.raises(BudgetExceeded):
        compiled.evaluate({}, budget=budget)


NESTED = [
    "(" * 500 + "1" + ")" * 500,
    "[" * 500 + "1" + "]" * 500,
    "-(" * 500 + "1" + ")" * 500,
    "{a: " * 500 + "1" + "}" * 500,
    "not(" * 5000 + "true" + ")" * 5000,
    "if true then " * 500 + "1" + " else 1" * 500,
    "for i in " * 500 + "[]" + " return i" * 500,
    "function() " * 500 + "1",
    "a" + "[1]" * 5000,
    "f" + "()" * 5000,
    "x in (" * 200 + "1" + ")" * 200,
    "(x in (" * 60 + "1" + "))" * 60 + "..",
    "x instance of " + "list<" * 3000 + "number" + ">" * 3000,
    "1 + " * 60_000 + "1",
]


@pytest.mark.parametrize("text", NESTED, ids=range(len(NESTED)))
@pytest.mark.parametrize("frames", [0, 600])
def test_deep_nesting_is_an_error_and_never_an_overflow(text: str, frames: int) -> None:
    def below(depth: int) -> None:
        if depth:
            below(depth - 1)
            return
        with pytest.raises(FeelSyntaxError):
            compile_expression(text)
        with pytest.raises(FeelSyntaxError):
            compile_unary_tests(text)

    below(frames)


def test_the_limits_of_nesting_do_not_depend_on_the_stack() -> None:
    """The same text is refused, or runs, wherever it is called from."""
    assert compile_expression("(" * 79 + "1" + ")" * 79).evaluate({}) == 1
    with pytest.raises(FeelSyntaxError, match="80 levels"):
        compile_expression("(" * 80 + "1" + ")" * 80)
    compile_expression("a" + "[x]" * 140)
    with pytest.raises(FeelSyntaxError, match="split it"):
        compile_expression("a" + "[x]" * 160)
    factorial = "{f: function(g, n) if n <= 1 then 1 else n * g(g, n - 1), r: f(f, LIMIT)}.r"
    assert compile_expression(factorial.replace("LIMIT", "110")).evaluate({}) > 1
    with pytest.raises(BudgetExceeded, match="deeply"):
        compile_expression(factorial.replace("LIMIT", "130")).evaluate({})


@pytest.mark.parametrize("text", ['string join(for i in 1..500 return "", d)', 'replace(d, "x", substring(d, 1, 500))'])
def test_a_long_text_is_paid_for_before_it_is_repeated(text: str) -> None:
    compiled = compile_expression(text)
    tracemalloc.start()
    with pytest.raises(BudgetExceeded):
        compiled.evaluate({"d": "x" * 100_000})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("sign", [" + ", " and ", " * ", " or "])
def test_long_chains_are_no_nesting(sign: str) -> None:
    compile_expression(sign.join(["true"] * 2000)).evaluate({})


def test_many_else_ifs_are_no_nesting() -> None:
    text = " else ".join(f"if x = {n} then {n}" for n in range(500)) + " else null"
    assert compile_expression(text).evaluate({"x": from_json(499)}) == 499


def test_an_evaluation_that_meets_a_full_stack_is_stopped() -> None:
    compiled = compile_expression("(" * 30 + "f(1" + ")" * 30 + ")")
    deep = Function(("x",), lambda x: compiled.evaluate({}, functions={"f": deep}))
    with pytest.raises(BudgetExceeded):
        compiled.evaluate({}, functions={"f": deep})


def test_a_regular_expression_cannot_explode() -> None:
    started = time.perf_counter()
    assert compile_expression('matches(text, "(a+)+$")').evaluate({"text": "a" * 30_000 + "b"}) is False
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("pattern", ["(?=a)", "(a)\\\\1", "[", "a{2000}", "\\\\q", "[a-z-[aeiou"])
def test_a_pattern_that_is_none_gives_null(pattern: str) -> None:
    assert compile_expression(f'matches("a", "{pattern}")').evaluate({}) is None


def test_a_result_of_too_many_parts_has_no_json() -> None:
    text = "(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1]"
    value = compile_expression(text).evaluate({})
    with pytest.raises(BudgetExceeded):
        to_json(value)
    with pytest.raises(BudgetExceeded):
        to_text(value)


def test_a_result_too_deep_has_no_json_either() -> None:
    value = compile_expression("(for i in 1..5000 return if i = 1 then [1] else [partial[-1]])[-1]").evaluate({})
    with pytest.raises(BudgetExceeded, match="deeply"):
        to_json(value)
    with pytest.raises(BudgetExceeded, match="deeply"):
        to_text(value)
    assert compile_expression("x = 1").evaluate({"x": value}) is None
    with pytest.raises(BudgetExceeded):
        compile_expression("x = y").evaluate({"x": value, "y": [value]})


def test_the_error_tells_the_reason_in_both_languages() -> None:
    assert "步数" in BudgetExceeded().zh
    assert "deeply" in BudgetExceeded("depth").en


@pytest.mark.parametrize("text", ['duration("P1M") * 10 ** 6000', '"P1Y"', "10 ** 6144", "-(10 ** 6144) / 3"])
def test_the_largest_values_can_be_written_down(text: str) -> None:
    value = compile_expression(text).evaluate({})
    assert len(to_text(value)) < 7000


def test_a_duration_does_not_grow_for_ever() -> None:
    text = 'count((for i in 1..300 return if i = 1 then @"P9Y" else partial[-1] + partial[-1])[item != null])'
    assert compile_expression(text).evaluate({}) < 100


def test_a_number_no_float_holds_has_no_json() -> None:
    with pytest.raises(TypeError):
        to_json(compile_expression("10 ** 400").evaluate({}))
    assert to_json(compile_expression("10 ** 30").evaluate({})) == 1e30
