"""The check against brute force: every case on a grid of critical points, asked of the cells themselves."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import combinations, product
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.dmn.check import MAX_STEPS
from service.dmn.table import DecisionTable
from service.dmn.table_check import Said, check_table
from service.dmn.thresholds import parts_of
from service.feel import compile_unary_tests
from service.feel.run import Budget
from tests.dmn.models import decision, model, table

GRIDS: dict[str, list[Any]] = {
    "number": [None, *(Decimal(n) / 2 for n in range(-1, 12))],
    "string": [None, "a", "b", "c", "else"],
    "boolean": [None, True, False],
}
NUMBERS = st.integers(0, 5)
CELLS: dict[str, st.SearchStrategy[str]] = {
    "number": st.one_of(
        st.just("-"),
        st.just("null"),
        st.builds("{}{}".format, st.sampled_from(["<", "<=", ">", ">=", ""]), NUMBERS),
        st.builds("{}{}..{}{}".format, st.sampled_from("[("), NUMBERS, NUMBERS, st.sampled_from("])")),
        st.builds("not({}, > {})".format, NUMBERS, NUMBERS),
        st.builds("? != null and not(? between {} and {})".format, NUMBERS, NUMBERS),
        st.builds("{}, {}, null".format, NUMBERS, NUMBERS),
    ),
    "string": st.one_of(
        st.just("-"), st.lists(st.sampled_from(['"a"', '"b"', '"c"', "null"]), min_size=1, max_size=3).map(", ".join),
        st.builds("not({})".format, st.sampled_from(['"a"', '"b", "c"', "null"])),
    ),
    "boolean": st.sampled_from(["-", "true", "false", "null", "false, null", "not(true)"]),
}  # fmt: skip


@cache
def taken(cell: str, kind: str) -> frozenset[int]:
    test = compile_unary_tests(cell)
    return frozenset(at for at, value in enumerate(GRIDS[kind]) if test.test(value, {}) is True)


@st.composite
def tables(draw: st.DrawFn, policy: str) -> tuple[str, list[str], list[list[str]]]:
    kinds = draw(st.lists(st.sampled_from(sorted(GRIDS)), min_size=1, max_size=3))
    rules = draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds)).map(list), min_size=1, max_size=5))
    return policy, kinds, rules


def grid(kinds: list[str]) -> Iterator[tuple[int, ...]]:
    return product(*(range(len(GRIDS[kind])) for kind in kinds))


def hits(kinds: list[str], rules: list[list[str]], case: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(
        number
        for number, rule in enumerate(rules)
        if all(at in taken(cell, kind) for at, cell, kind in zip(case, rule, kinds, strict=True))
    )


def said(policy: str, kinds: list[str], rules: list[list[str]], budget: Budget | None = None) -> list[Said]:
    lines = [" | ".join([*rule, str(number)]) for number, rule in enumerate(rules)]
    text = table([f"x{at}" for at in range(len(kinds))], ["r"], lines, policy)
    for at, kind in enumerate(kinds):
        text = text.replace(f"<inputExpression><text>x{at}<", f'<inputExpression typeRef="{kind}"><text>x{at}<')
    (part,) = model(decision("d", text))._runner.graph.parts.values()
    (found,) = (each for each in parts_of(part.node) if isinstance(each, DecisionTable))
    return list(check_table(found, {}, budget or Budget(MAX_STEPS)))


def of_code(found: list[Said], code: str) -> list[Said]:
    return [one for one in found if one.code == code]


def matched(one: Said, kinds: list[str], rules: list[list[str]]) -> list[int]:
    """The rules that really match the example of a problem."""
    assert one.example is not None
    values = [one.example[f"x{at}"] for at in range(len(kinds))]
    return [
        number
        for number, rule in enumerate(rules)
        if all(compile_unary_tests(cell).test(value, {}) is True for cell, value in zip(rule, values, strict=True))
    ]


@settings(max_examples=150)
@given(tables("UNIQUE"))
def test_overlaps_are_exactly_the_pairs_that_a_case_matches_together(
    made: tuple[str, list[str], list[list[str]]],
) -> None:
    policy, kinds, rules = made
    wanted = {pair for case in grid(kinds) for pair in combinations(hits(kinds, rules, case), 2)}
    found = of_code(said(policy, kinds, rules), "overlap")
    assert len(found) == len(wanted)
    for one in found:
        assert len(matched(one, kinds, rules)) >= 2
        assert one.rule in matched(one, kinds, rules)


@settings(max_examples=150)
@given(tables("FIRST"))
def test_gaps_are_there_exactly_where_a_case_matches_nothing(made: tuple[str, list[str], list[list[str]]]) -> None:
    policy, kinds, rules = made
    wanted = any(not hits(kinds, rules, case) for case in grid(kinds))
    found = of_code(said(policy, kinds, rules), "gap")
    assert bool(found) is wanted
    assert all(matched(one, kinds, rules) == [] for one in found)


@settings(max_examples=150)
@given(tables("FIRST"))
def test_a_rule_is_said_never_to_fire_exactly_where_it_is_never_the_first(
    made: tuple[str, list[str], list[list[str]]],
) -> None:
    policy, kinds, rules = made
    firsts = {found[0] for case in grid(kinds) if (found := hits(kinds, rules, case))}
    dead = {one.rule for one in of_code(said(policy, kinds, rules), "never-fires")}
    assert dead == set(range(len(rules))) - firsts


def partition(chance: Random, columns: int, leaves: int) -> list[list[str]]:
    """Rules that leave no gap and share no case: one rule that takes everything, split again and again."""
    rules = [[(0, 12)] * columns]
    while len(rules) < leaves:
        rule = rules.pop(chance.randrange(len(rules)))
        column = chance.choice([at for at, (low, high) in enumerate(rule) if high - low > 1])
        low, high = rule[column]
        middle = chance.randrange(low + 1, high)
        parts = (low, middle), (middle, high)
        rules.extend([*rule[:column], part, *rule[column + 1 :]] for part in parts)
    return [[_cell(low, high) for low, high in rule] for rule in rules]


def _cell(low: int, high: int) -> str:
    if (low, high) == (0, 12):
        return "-"
    if low == 0:
        return f"< {high}, null"
    return f">= {low}" if high == 12 else f"[{low}..{high})"


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.integers(0, 29))
def test_thirty_rules_over_eight_inputs_are_gone_through_in_few_steps(chance: Random, at: int) -> None:
    """No gap and no overlap is found in a partition; one rule taken out is one gap, doubled it is one overlap."""
    rules = partition(chance, 8, 30)
    kinds = ["number"] * 8
    budget = Budget(MAX_STEPS)
    assert [one.code for one in said("UNIQUE", kinds, rules, budget)] == [
        *["unused-input" for column in range(8) if all(rule[column] == "-" for rule in rules)],
        "no-annotation",
    ]
    assert MAX_STEPS - budget.left < 2_000
    holed = said("UNIQUE", kinds, [*rules[:at], *rules[at + 1 :]])
    assert of_code(holed, "gap")
    assert not of_code(holed, "overlap")
    doubled = said("UNIQUE", kinds, [*rules, rules[at]])
    assert [(one.rule, one.code) for one in doubled if one.rule is not None] == [(30, "overlap")]
