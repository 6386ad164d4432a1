"""Expressions by FEEL's grammar, each mostly of the kinds its parts ask for, chosen by whoever gives the choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.feel import BUILTIN_NAMES

Choose = Callable[[Sequence[str]], str]
Forms = tuple[str, ...]

_HOLE = re.compile(r"\$(\w+)")
_SPLIT = re.compile(r"\$\w+")
LEAVES: dict[str, Forms] = {
    "number": ("0", "1", "2", "3", "-1", "10", "2.5", "-0.5", "1000", "1e3", "x"),
    "boolean": ("true", "false", "null", "flag"),
    "string": ('""', '"a"', '"b"', '"长光"', '"a1b22"', r'"\U01F40Ex"', "text"),
    "date": ('@"2026-04-15"', '@"2024-02-29"', '@"2025-12-31"', "day"),
    "time": ('@"10:00:00"', '@"23:59:59"', '@"08:30:00+08:00"', '@"00:30:00Z"'),
    "moment": ('@"2026-04-15T17:30:00"', '@"2024-02-29T00:00:00"', '@"2026-04-15T17:30:00+08:00"'),
    "length": ('@"P1D"', '@"PT36H"', '@"-PT90M"', '@"PT0S"', '@"P3DT4H5M6S"'),
    "months": ('@"P1M"', '@"P1Y6M"', '@"-P1Y"', '@"P0M"'),
    "list": ("[]", "[1, 2, 3]", '["a", "b"]', "[1, null, 1]", "[[1], [2, 3]]", "[{a: 1, b: 2}, {a: 3}]", "xs"),
    "context": ("{}", "{a: 1}", '{a: 1, b: "x"}', "{a: {b: 2}}", "row"),
    "range": ("[1..5]", "(1..5)", "]0..3]", "(> 2)", '["a".."c"]', '[@"2026-01-01"..@"2026-12-31"]'),
    "function": ("(function(a) a)", "(function(a, b) a < b)", "(function(a: number) a + 1)", "count"),
}
FORMS: dict[str, Forms] = {
    "number": (
        *(f"($number {sign} $number)" for sign in ("+", "-", "*", "/")),
        *("-($number)", "($number ** $small)", "$list[$position]", "count($list)", "sum($numbers)"),
        *("min($numbers)", "max($numbers)", "mean($numbers)", "median($numbers)", "product($numbers)"),
        *("stddev($numbers)", "abs($number)", "floor($number)", "ceiling($number)", "modulo($number, $number)"),
        *("decimal($number, $position)", "round half up($number, $position)", "sqrt($number)", "exp($small)"),
        *("round up($number, 1)", "round down($number, 0)", "round half down($number, 1)", "log($number)"),
        *(
            "string length($string)",
            "number($string)",
            "$date.year",
            "$date.day",
            "$moment.hour",
            "$date.weekday",
        ),
        *("$length.days", "$length.hours", "$months.years", "$months.months", "$context.a", "$range.start"),
        *("($length / $length)", "($months / $months)", "day of year($date)", "week of year($date)"),
        *("$function($number)", "get value($context, $string)", "(if $boolean then $number else $number)"),
        *("(for i in $list return i)[1]", "(for i in 1..$small return i * $number)[-1]"),
    ),
    "boolean": (
        *(f"(${kind} {sign} ${kind})" for kind in ("number", "string", "date", "time") for sign in ("=", "<", ">=")),
        *(f"(${kind} {sign} ${kind})" for kind in ("moment", "length", "months") for sign in ("=", ">", "<=")),
        *("($list = $list)", "($context != $context)", "($range = $range)", "($number != $number)"),
        *("($boolean and $boolean)", "($boolean or $boolean)", "not($boolean)", "($number in $range)"),
        *("($number between $number and $number)", "($number in ($number, > $number))", "($string in $list)"),
        *("(some i in $list satisfies i = $number)", "(every i in $numbers satisfies i > $number)"),
        *("all([$boolean, $boolean])", "any([$boolean, $boolean])", "even($number)", "odd($number)"),
        *("contains($string, $string)", "starts with($string, $string)", "ends with($string, $string)"),
        *('matches($string, "[a-c]+")', "list contains($list, $number)", "is($number, $number)"),
        *("before($range, $range)", "includes($range, $number)", "overlaps($range, $range)"),
        *("meets($range, $range)", "starts($number, $range)", "finishes($number, $range)"),
        *("($number instance of number)", "($list instance of list<number>)", "($date instance of date)"),
        *("($context instance of context<a: number>)", "($range instance of range<number>)"),
    ),
    "string": (
        *("($string + $string)", "upper case($string)", "lower case($string)", "substring($string, $position)"),
        *("substring($string, $position, $small)", "substring before($string, $string)", "string($number)"),
        *("substring after($string, $string)", 'replace($string, "[ab]", "-")', "string join($list, $string)"),
        *("string($list)", "string($length)", "string($months)", "string($moment)", "day of week($date)"),
        *('split($string, "b")[1]', "(if $boolean then $string else $string)", "month of year($date)"),
    ),
    "date": (
        *("($date + $length)", "($date - $length)", "($date + $months)", "($date - $months)", "date($moment)"),
        *("date($number, $small, $small)", "date($string)"),
    ),
    "time": ("($time + $length)", "($time - $length)", "time($moment)", "time($small, $small, $small)"),
    "moment": (
        *("($moment + $length)", "($moment - $length)", "($moment + $months)", "($moment - $months)"),
        *("date and time($date, $time)", "date and time($string)"),
    ),
    "length": (
        *("($length + $length)", "($length - $length)", "($length * $small)", "($length / $small)"),
        *("($date - $date)", "($moment - $moment)", "($time - $time)", "-($length)", "abs($length)"),
        "duration($string)",
    ),
    "months": (
        *("($months + $months)", "($months - $months)", "($months * $small)", "($months / $small)"),
        *("years and months duration($date, $date)", "-($months)", "abs($months)"),
    ),
    "list": (
        *("[$number, $number]", "[$string, $list]", "$list[item > $number]", "$list[a = $number]"),
        *("append($list, $number)", "concatenate($list, $list)", "union($list, $list)", "reverse($list)"),
        *("distinct values($list)", "duplicate values($list)", "flatten($list)", "sublist($list, $position)"),
        *("sublist($list, $position, $small)", "remove($list, $position)", "index of($list, $number)"),
        *("insert before($list, $position, $number)", "list replace($list, $position, $number)"),
        *("sort($list, function(a, b) a < b)", "(for i in $list return i + $number)", "mode($numbers)"),
        *("(for i in 1..$small return [i])", "(for i in $list, j in $list return i)", 'split($string, "1")'),
        *("get entries($context)", "$list.a", "(if $boolean then $list else $list)", "$list[$boolean]"),
        *(
            "sort($list, $function)",
            "[$range, $function]",
            "(for i in 1..4 return if i = 1 then 1 else partial[-1] + i)",
        ),
    ),
    "context": (
        *(
            "{a: $number, b: a + 1}",
            "{a: $list, b: $string}",
            "$list[$position]",
            "context merge([$context, {c: 1}])",
        ),
        *('context put($context, "b", $number)', 'context([{key: "a", value: $number}])'),
    ),
    "range": ("[$number..$number]", "($number..$number]", "[$date..$date]", '["a"..$string]', "(<= $number)"),
    "function": ("(function(a, b) $boolean)", "(function(a) a + $number)"),
}
LEAVES |= {
    "small": ("0", "1", "2", "3", "-1"),
    "position": ("1", "2", "-1", "0", "9"),
    "numbers": ("[1, 2.5, 4]", "xs"),
}
FORMS |= {"small": ("($small + 1)",), "position": ("count($list)",), "numbers": ("[$number, $number]", "$list")}
KINDS = tuple(FORMS)
# any function with any arguments: what does not fit is null, never an error
FORMS["call"] = tuple(
    f"{name}({', '.join(['$any'] * count)})" for name in sorted(BUILTIN_NAMES) for count in range(4) if name != "range"
)
# what only an evaluator with a budget brings to an end
GREEDY = FORMS | {
    "list": (
        *(*FORMS["list"], "(for i in 1..3 return partial)", "(for d in $date..$date return d.day)"),
        *(
            "(for i in 1..9 return if i = 1 then [1] else [partial[-1], partial])",
            "(for i in $number..$number return i)",
        ),
    ),
    "function": (*FORMS["function"], "{f: function(n) f(n + 1)}.f", "(function(f) f(f))"),
}
_TWENTY = tuple("0123456789abcdefghij")


@dataclass(frozen=True, slots=True)
class Part:
    """A form with what fills its holes."""

    form: str
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The expression."""
        return "".join(self._pieces())

    def _pieces(self) -> Iterator[str]:
        before, *rest = _SPLIT.split(self.form)
        yield before
        for part, after in zip(self.parts, rest, strict=True):
            yield part.text
            yield after


def expression(choose: Choose, kind: str = "any", *, depth: int = 3, forms: Mapping[str, Forms] = FORMS) -> Part:
    """An expression by the grammar; one part in twenty is of another kind than is asked for, or a call of anything."""
    if kind == "any" or choose(_TWENTY) == "0":
        kind = "call" if depth and choose(_TWENTY) in "012345" else choose(KINDS)
    if kind in LEAVES and (depth == 0 or choose(_TWENTY) in "0123"):
        return Part(choose(LEAVES[kind]))
    form = choose(forms[kind])
    parts = (expression(choose, hole, depth=depth - 1, forms=forms) for hole in _HOLE.findall(form))
    return Part(form, tuple(parts))
