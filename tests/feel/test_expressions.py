"""What expressions come to: one table, read like a manual."""

from datetime import date

import pytest

from service.feel import Diagnostic, Function, compile_expression, from_json, to_text

CASE = from_json(
    {
        "declaration": {"core_name": "长光", "share": 0.545, "submitted_on": "2026-04-15"},
        "members": [
            {"name": "A", "kind": "enterprise", "amount": 30},
            {"name": "B", "kind": "university", "amount": 10},
            {"name": "C", "kind": "enterprise", "amount": 20},
        ],
        "note": None,
    }
)

VALUES = [
    ("1 + 2 * 3 - 4 / 2", "5"),
    ("2 ** 3 ** 2", "64"),
    ("-3 + - -4", "1"),
    ("0.1 + 0.2 = 0.3", "true"),
    ('"a" + "b"', "ab"),
    ("1 / 0", "null"),
    ("if 1 > 2 then 1 else if 2 > 1 then 2 else 3", "2"),
    ("if null then 1 else 2", "2"),
    ("true and null", "null"),
    ("false and null", "false"),
    ("true or null", "true"),
    ("null = null", "true"),
    ("5 between 1 and 5", "true"),
    ("5 in (1..5)", "false"),
    ("5 in [1..5]", "true"),
    ("5 in (<3, >4)", "true"),
    ("5 in ]1..5[ or 1 in ]0..2[", "true"),
    ("5 in [1..[4, 6][2]]", "true"),
    ("5 in [1..null]", "null"),
    ("5 in [1..5] and 2 = 3", "false"),
    ("case.declaration.core_name", "长光"),
    ("case.declaration.missing.deeper", "null"),
    ("case.members.name", '["A", "B", "C"]'),
    ('case.members[kind = "enterprise"].name', '["A", "C"]'),
    ('case.members[item.kind = "enterprise"][2].name', "C"),
    ("case.members[-1].name", "C"),
    ("case.members[9]", "null"),
    ("case.members[i].name", "B"),
    ("[1, 2, 3][item >= 2]", "[2, 3]"),
    ('for m in case.members return m.name + "!"', '["A!", "B!", "C!"]'),
    ("for i in 1..3, j in i..3 return i * j", "[1, 2, 3, 4, 6, 9]"),
    ("for i in 1..5 return if i < 3 then 1 else partial[-1] + partial[-2]", "[1, 1, 2, 3, 5]"),
    ("for i in 3..1 return i", "[3, 2, 1]"),
    ('for d in @"2026-04-15"..@"2026-04-17" return d.day', "[15, 16, 17]"),
    ("some m in case.members satisfies m.amount > 25", "true"),
    ("every m in case.members satisfies m.amount > 15", "false"),
    ("{a: 1, b: a + 1}.b", "2"),
    ('{"企业 占比": 0.6}.企业 占比', "0.6"),
    ("{f: function(x, y) x * y, r: f(3, 4)}.r", "12"),
    ("(function(a: number) a + 1)(a: 2)", "3"),
    ("sum(case.members.amount)", "60"),
    ("count(case.members[amount >= 20]) / count(case.members) >= 0.6", "true"),
    ('date(case.declaration.submitted_on) + duration("P1M")', "2026-05-15"),
    ('@"2026-01-31" + @"P1M"', "2026-02-28"),
    ('@"2026-04-15" - @"2026-04-01"', "P14D"),
    ('@"2026-04-15" > @"2026-04-14"', "true"),
    ('@"2026-04-15T17:30:00+08:00" = @"2026-04-15T09:30:00Z"', "true"),
    ('date and time("2026-04-15T17:30:00").hour', "17"),
    ('date("-0044-03-15") < date("2026-01-01")', "true"),
    ('date("9999-12-31") + @"P1D"', "10000-01-01"),
    ('years and months duration(@"2024-01-31", @"2026-03-01")', "P2Y1M"),
    ('duration("P1D") * 1.5', "P1DT12H"),
    ("5 instance of number", "true"),
    ('[1, "a"] instance of list<number>', "false"),
    ("{a: 1} instance of context<a: number>", "true"),
    ('string length("𠮷a") = 2', "true"),
    ('matches("9133000", "^\\d+$")', "true"),
    ('matches("长光", "^\\w+$")', "true"),
    ('replace("abc", "(b)", "[$1]")', "a[b]c"),
    ('split("a;b;;c", ";")', '["a", "b", "", "c"]'),
    ('split("a.b", "\\.")', '["a", "b"]'),
    ('substring("申报书", 2)', "报书"),
    ("decimal(1.005, 2)", "1.00"),
    ("round half up(2.5, 0)", "3"),
    ("modulo(-7, 3)", "2"),
    ('distinct values([1, 1.0, "1", [2], [2]])', '[1, "1", [2]]'),
    ("duplicate values([3, 1, 3, 2, 1])", "[3, 1]"),
    ("sort([3, 1, 2], function(a, b) a > b)", "[3, 2, 1]"),
    ("list contains([null, 1], null)", "true"),
    ("concatenate([1], [2, 3], 4)", "[1, 2, 3, 4]"),
    ('get value(case.declaration, "core_name")', "长光"),
    ('context put({a: {b: 1}}, ["a", "b"], 2)', "{a: {b: 2}}"),
    ("before([1..3), [3..5])", "true"),
    ('day of week(@"2026-04-15")', "Wednesday"),
    ("// the share\n0.6 /* as agreed */", "0.6"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_an_expression_comes_to(text: str, expected: str) -> None:
    value = compile_expression(text, names=["企业 占比"]).evaluate({"case": CASE, "i": from_json(2)})
    assert to_text(value) == to_text(compile_expression(expected).evaluate({}) if expected == "1.00" else expected)


def test_a_name_with_blanks_or_signs_is_read_where_it_is_known() -> None:
    compiled = compile_expression("working days after(d, 10) + 企业-占比", names=["working days after", "企业-占比"])
    assert compiled.names == {"working days after", "d", "企业-占比"}


def test_a_call_means_the_registered_function_even_beside_a_variable_of_its_name() -> None:
    functions = {"deadline": Function(("name",), lambda name: f"due {name}")}
    compiled = compile_expression('deadline("x")', names=["deadline"])
    assert compiled.evaluate({"deadline": "not me"}, functions=functions) == "due x"


def test_lists_that_the_caller_gave_are_never_changed() -> None:
    given = from_json([1, 2])
    compile_expression("append(list, 3)").evaluate({"list": given})
    assert given == from_json([1, 2])


def test_the_clock_is_the_callers() -> None:
    found: list[Diagnostic] = []
    compiled = compile_expression("today()")
    assert compiled.evaluate({}, diagnostics=found) is None
    assert found[0].code == "no-clock"
    assert compiled.evaluate({}, functions={"today": Function((), lambda: date(2026, 4, 15))}) == date(2026, 4, 15)
