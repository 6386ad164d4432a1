"""What can never fit is told from the declared types, before anything is evaluated; nothing else is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.feel import Budget, BudgetExceeded, check_expression, check_unary_tests, compile_expression, from_json
from service.feel.builtins import SPACED_NAMES
from service.feel.names import KnownNames
from service.feel.parser import parse
from service.feel.results import kind_of
from service.feel.source import Source
from service.feel.typecheck import Around, Checker
from service.feel.types import ANY, SIMPLE, ContextType, FunctionType, ListType
from service.feel.values import kind
from tests.feel.generated import expression

MEMBER = ContextType({"kind": SIMPLE["string"], "amount": SIMPLE["number"]})
CASE = ContextType(
    {
        "share": SIMPLE["number"],
        "name": SIMPLE["string"],
        "sent_on": SIMPLE["date"],
        "is_new": SIMPLE["boolean"],
        "members": ListType(MEMBER),
        "other": ANY,
    }
)
TYPES = {
    "case": CASE,
    "working days after": FunctionType([SIMPLE["date"], SIMPLE["number"]], SIMPLE["date"]),
}

NEVER = [
    ('case.share > "3"', "comparison", "比较了数字与字符串", 12),
    ("case.share = case.name", "comparison", "比较了数字与字符串", 12),
    ('case.sent_on >= "2026-04-15"', "comparison", "比较了日期与字符串", 14),
    ('case.sent_on = @"2026-04-15T00:00:00"', "comparison", "比较了日期与日期时间", 14),
    ("case.is_new > true", "comparison", "比较了布尔值与布尔值", 13),
    ("case.share between 1 and case.sent_on", "comparison", "比较了数字与日期", 12),
    ('case.share in ("a", "b")', "comparison", "比较了数字与字符串", 16),
    ("case.name in [1..5]", "comparison", "比较了字符串与数字", 14),
    ("[1..case.name]", "comparison", "比较了数字与字符串", 1),
    ("case.share + case.name", "operands", "“+”不能用于数字与字符串", 12),
    ("case.sent_on + 10", "operands", "“+”不能用于日期与数字", 14),
    ("case.sent_on - case.name", "operands", "“-”不能用于日期与字符串", 14),
    ("case.missing", "no-member", "上下文没有成员“missing”", 5),
    ("case.members.missing", "no-member", "上下文没有成员“missing”", 5),
    ("case.share.year", "no-member", "数字没有成员“year”", 5),
    ("case.sent_on.hour", "no-member", "日期没有成员“hour”", 5),
    ("case.members[kind = 1]", "comparison", "比较了字符串与数字", 19),
    ('count(case.members[kind = "a"]) = "1"', "comparison", "比较了数字与字符串", 33),
    ('sum(case.members.amount) > "9"', "comparison", "比较了数字与字符串", 26),
    ("case.share and case.is_new", "condition", "“and”的条件是数字", 5),
    ("if case.name then 1 else 2", "condition", "“if”的条件是字符串", 8),
    ("every m in case.members satisfies m.amount", "condition", "“every”的条件是数字", 36),
    ("some m in case.members satisfies m.amount > m.kind", "comparison", "比较了数字与字符串", 43),
    ("substring(case.share, 1)", "arguments", "函数“substring”不接受参数（数字，数字）", 10),
    ("substring(case.name)", "arguments", "不接受参数", 10),
    ("substring(text: case.name, start position: 1)", "arguments", "不接受参数", 10),
    ("string length(case.sent_on)", "arguments", "不接受参数（日期）", 14),
    ("working days after(case.name, 3)", "arguments", "不接受参数（字符串，数字）", 19),
    ('working days after(case.sent_on, 3) > "x"', "comparison", "比较了日期与字符串", 37),
    ("{a: case.share, b: a + case.name}.b", "operands", "数字与字符串", 22),
    ("(function(a: number) a)(1) = case.name", "comparison", "数字与字符串", 28),
]
FINE = [
    "case.share > 3 and case.is_new",
    "case.share = null or case.name != null",
    "case.other > 3 and case.other.anything = 1 and case.other[1].x = true",
    "unknown.thing > 3",
    'case.members[kind = "enterprise"].amount[1] > 3',
    'case.members[item.kind = "enterprise"][1].amount > 3',
    "count(case.members) > 3",
    'case.sent_on + @"P1M" > case.sent_on',
    'case.sent_on - case.sent_on > @"P3D"',
    "working days after(case.sent_on, 3) > case.sent_on",
    "(if case.is_new then 1 else case.share) > 3",
    "(if case.is_new then 1 else case.name) = 3",
    "for m in case.members return m.amount * 2",
    "max(case.members.amount) > 3",
    "case.share in [1..5] and case.share in (1, > 5, [7, 8])",
    'case.name in ["a", "b"]',
    "case.other in case.members",
    "string length(case.members.kind[1]) > 2",
    "some x in case.other satisfies x.y.z > 2",
    'sort(case.members, function(a, b) a.amount < b.amount)[1].kind = "x"',
]


@pytest.mark.parametrize(("text", "code", "zh", "column"), NEVER, ids=[each[0] for each in NEVER])
def test_what_never_fits_is_told_with_its_place(text: str, code: str, zh: str, column: int) -> None:
    found = check_expression(text, TYPES)
    assert (found[0].code, found[0].line, found[0].column) == (code, 1, column)
    assert {each.code for each in found} == {code}
    assert zh in found[0].zh
    assert found[0].en


@pytest.mark.parametrize("text", FINE)
def test_what_may_fit_is_not_told(text: str) -> None:
    assert check_expression(text, TYPES) == []


@pytest.mark.parametrize(
    ("cell", "tested", "told"),
    [
        ('"3"', "number", True),
        ("> 3, null", "number", False),
        ('[1..5], "x"', "number", True),
        ('not("a", "b")', "string", False),
        ("not(1)", "string", True),
        ("? > 3 and ? < 9", "number", False),
        ('? > "a"', "number", True),
        ('[@"2026-01-01"..@"2026-12-31"]', "date", False),
        ("[1..5]", "date", True),
        ("true", "boolean", False),
        ("true", "string", True),
        ("case.is_new", "string", False),
        ("case.share", "string", True),
        ("-", "string", False),
        ("contains(?, 1)", "string", True),
    ],
)
def test_a_cell_is_held_against_what_it_tests(cell: str, tested: str, told: bool) -> None:
    assert bool(check_unary_tests(cell, SIMPLE[tested], TYPES)) is told


VARIABLES = from_json({"x": 3, "xs": [1, 2, {"a": 5}], "row": {"a": 1, "b": [1]}, "text": "长光", "flag": True})
VARIABLES["day"] = date(2026, 4, 15)
DECLARED = {
    **{"x": SIMPLE["number"], "xs": ListType(ANY), "text": SIMPLE["string"], "flag": SIMPLE["boolean"]},
    **{"day": SIMPLE["date"], "row": ContextType({"a": SIMPLE["number"], "b": ListType(SIMPLE["number"])})},
}


@st.composite
def expressions(draw: st.DrawFn) -> str:
    return expression(lambda options: draw(st.sampled_from(options)), depth=4).text


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(expressions())
def test_a_value_is_of_the_kind_that_was_told(text: str) -> None:
    """Where a kind is told, the value is of that kind or null; and where something never fits, something is null."""
    checker = Checker()
    told = kind_of(checker.type_of(parse(Source(text), KnownNames(SPACED_NAMES), {}), Around(DECLARED)))
    value: Any = None
    try:
        value = compile_expression(text).evaluate(VARIABLES, budget=Budget(20_000))
    except BudgetExceeded:
        return
    assert value is None or told in ("", kind(value))
