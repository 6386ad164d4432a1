"""No expression runs long, grows large or overflows the stack; each attack ends in a clear error or in null."""

import sys
import tracemalloc
from contextlib import suppress

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
from service.feel.run import STEPS_PER_LOOK
from service.feel.scanner import MAX_NAME, MAX_TEXT
from service.feel.type_grammar import MAX_NESTING

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
def test_a_greedy_expression_is_stopped_within_its_steps(text: str) -> None:
    budget = Budget(100_000)
    with pytest.raises(BudgetExceeded):
        compile_expression(text).evaluate({}, budget=budget)
    # what would take more than is left is refused before it is done, and by no more than one such step over
    assert budget.left > -100_000


@pytest.mark.parametrize("steps", [10, 1_000, 50_000])
def test_a_loop_takes_as_many_turns_as_steps(steps: int) -> None:
    turns: list[int] = []
    counted = Function(("i",), turns.append)
    with pytest.raises(BudgetExceeded) as caught:
        compile_expression("for i in 1..100000000 return f(i)").evaluate(
            {}, functions={"f": counted}, budget=Budget(steps)
        )
    assert caught.value.reason == "steps"
    # a turn and a call are a step each
    assert len(turns) == steps // 2


# each turn is cheap by its result, and dear by what it goes through
DEAR = [
    *('matches(text, "b+c$")', 'contains(text, "ab")', "number(text)", "date(text)", 'split(text, "b")', "text + text"),
    *("starts with(text, text)", 'replace(text, "x", "y")', "modulo(10 ** 6144, 7 * 10 ** -6000)", 'range("[1..2]")'),
    *("xs instance of list<number>", "(function(l: list<number>) 1)(xs)", "xs = ys", "count(xs[item = 1])", "xs.a"),
    *("distinct values(xs)", "sort(xs)", "string(xs)", "flatten([xs, xs])", "concatenate(xs, xs)", "reverse(xs)"),
    *("1.0000001 ** (i * 1000.7)", 'matches("é", "[\\p{L}-[\\p{Lu}" + string(i) + "]]")'),
]


@pytest.mark.parametrize("text", DEAR)
def test_what_a_turn_goes_through_is_paid_for(text: str) -> None:
    turns: list[int] = []
    variables = from_json({"text": "a" * 100_000, "xs": [1] * 2_000, "ys": [1] * 2_000})
    functions = {"turn": Function(("i",), turns.append)}
    with pytest.raises(BudgetExceeded):
        compile_expression(f"for i in 1..100000 return [turn(i), {text}]").evaluate(variables, functions=functions)
    # of a turn that costs nothing there would be 25,000
    assert len(turns) < 10_000


class Clock:
    """Time that goes on by one at each look."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return float(self.looks)


def test_time_is_looked_at_once_in_many_steps_and_stops_an_evaluation() -> None:
    clock = Clock()
    budget = Budget(100_000, clock=clock, deadline=5)
    with pytest.raises(BudgetExceeded) as caught:
        compile_expression("for i in 1..100000000 return i").evaluate({}, budget=budget)
    assert caught.value.reason == "time"
    assert clock.looks == 5
    assert 4 * STEPS_PER_LOOK <= 100_000 - budget.left <= 5 * STEPS_PER_LOOK
    assert "时间" in caught.value.zh


def test_with_time_left_the_steps_still_count() -> None:
    clock = Clock()
    with pytest.raises(BudgetExceeded) as caught:
        compile_expression("for i in 1..100000000 return i").evaluate(
            {}, budget=Budget(20_000, clock=clock, deadline=1_000)
        )
    assert caught.value.reason == "steps"
    assert 19 <= clock.looks <= 21


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


@pytest.mark.parametrize("brackets", ["()", "[]", "{}"])
def test_reading_stops_where_it_is_too_deep(brackets: str) -> None:
    """Of 10,000 nested brackets no more are read than may be."""
    opening = {"{": "{a: "}.get(brackets[0], brackets[0])
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(opening * 10_000 + "1" + brackets[1] * 10_000)
    assert caught.value.column <= (MAX_NESTING + 1) * len(opening) + 1
    assert "80" in caught.value.zh
    assert "80" in caught.value.en


LONG = [
    *("f(a" + " " * 90_000 + ")", "f(" + "a " * 45_000 + ")", "{a" + " " * 90_000 + "}", "{" + "a," * 45_000 + "b: 1}"),
    *("for " + "x " * 45_000 + "in y return x", "x instance of " + "a." * 45_000, "a" + "\t" * 90_000, "/*" * 45_000),
    *('"' + "\\" * 90_000, "[a..b" + "[" * 90_000, "a" * 90_000, "1" * 90_000, '@"' + "P" * 90_000 + '"'),
]


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_a_long_text_is_gone_through_a_few_times_only(text: str) -> None:
    """Reading takes steps in proportion to the length: the sixteenth part takes about a sixteenth of the calls."""

    def calls(part: str) -> int:
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            with suppress(FeelSyntaxError):
                compile_expression(part)
        finally:
            sys.setprofile(None)
        return counted

    compile_expression("1")
    assert calls(text) <= 16 * calls(text[: len(text) // 16]) + 2_000


def test_a_text_too_long_is_not_read() -> None:
    with pytest.raises(FeelSyntaxError, match="too long"):
        compile_expression("1" + " " * MAX_TEXT)
    with pytest.raises(FeelSyntaxError):
        compile_expression("for " + "x" * (MAX_NAME + 1) + " in y return 1")


NUMBERS = [
    *("10 ** (10 ** 10)", "9 ** 9 ** 9 ** 9 ** 9", "10 ** 6144 * 10", "exp(1000000)", "-(10 ** 6144) * 10"),
    *("1e6145", 'number("1e6145")'),
]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_too_large_is_null_or_refused(text: str) -> None:
    with suppress(FeelSyntaxError):
        assert compile_expression(text).evaluate({}) is None


@pytest.mark.parametrize("value", [10**7000, -(10**7000), float("inf"), float("-inf"), float("nan")], ids=range(5))
def test_a_number_of_json_that_is_none_of_feel_is_null(value: float) -> None:
    assert from_json({"x": [value]}) == {"x": [None]}


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


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "^(a*)*$", "^(a?){60}a{60}$"])
def test_a_regular_expression_cannot_explode(pattern: str) -> None:
    """Each of these would not come to an end in an engine that tries one way after the other."""
    assert compile_expression("matches(text, p)").evaluate({"text": "a" * 30_000 + "b", "p": pattern}) is False
    replaced = compile_expression('replace(text, p, "")').evaluate({"text": "a" * 300 + "b", "p": pattern})
    assert replaced is None or replaced.endswith("b")


@pytest.mark.parametrize("pattern", ["(?=a)", "(a)\\\\1", "[", "a{2000}", "\\\\q", "[a-z-[aeiou"])
def test_a_pattern_that_is_none_gives_null(pattern: str) -> None:
    assert compile_expression(f'matches("a", "{pattern}")').evaluate({}) is None


def test_a_result_of_too_many_parts_has_no_json() -> None:
    text = "(for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]])[-1]"
    value = compile_expression(text).evaluate({})
    with pytest.raises(BudgetExceeded, match="more parts"):
        to_json(value)
    with pytest.raises(BudgetExceeded, match="more parts"):
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
    for reason, zh, en in (
        ("steps", "步数", "steps"),
        ("time", "时间", "longer"),
        ("depth", "过深", "deeply"),
        ("size", "组成部分", "parts"),
    ):
        assert zh in BudgetExceeded(reason).zh
        assert en in BudgetExceeded(reason).en


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
