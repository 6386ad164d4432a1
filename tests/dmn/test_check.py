"""What is said against a table before it is used: each sort of mistake once, with its rule and an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.dmn import DmnProblem, read_model
from service.programmes.functions import FUNCTION_NAMES
from tests.dmn.models import context, data, decision, knowledge, literal, model, table, typed

SHIPPED = Path(__file__).parents[2] / "dmn"


def said(*parts: str) -> list[DmnProblem]:
    """What is said, but for the annotations that short tables do not have."""
    return [one for one in model(*parts).check() if one.code != "no-annotation"]


def of(rules: list[str], policy: str = "UNIQUE", inputs: str = "x", output: str = "r") -> list[DmnProblem]:
    return said(decision("d", table(inputs.split("; "), output.split("; "), rules, policy), name="资格"))


def codes(found: list[DmnProblem]) -> list[tuple[str, str, str]]:
    return [(one.level, one.code, one.element) for one in found]


WHOLE = ["< 5 | 1", ">= 5 | 2", "null | 3"]


def test_a_whole_table_has_nothing_against_it() -> None:
    assert of(WHOLE) == []


def test_overlapping_rules_are_told_with_an_example() -> None:
    (one,) = of(["<= 5 | 1", ">= 5 | 2", "null | 3"])
    assert (one.level, one.code, one.file, one.element, one.name) == ("error", "overlap", "test.dmn", "rule-2", "资格")
    assert one.zh == "规则 1 与规则 2 会同时命中，命中策略“唯一”不允许；例如 x = 5"
    assert one.en == "rules 1 and 2 can match together, which UNIQUE does not allow; for example x = 5"
    assert one.line > 0


def test_a_gap_is_told_as_large_as_it_is_with_an_example() -> None:
    (one,) = of(["< 5 | - | 1", "> 9 | - | 2", "null | - | 3", "[5..9] | true | 4"], inputs="人数: x; 同意: y")
    assert (one.level, one.code, one.element) == ("warning", "gap", "table")
    assert one.zh == "没有规则管到：人数 [5..9]，同意 否、空；例如 人数 = 5，同意 = 否。没有默认结果，决策为空（null）"
    assert one.en.startswith("no rule takes: 人数 [5..9], 同意 no or null; for example 人数 = 5, 同意 = no.")


def test_gaps_are_told_apart_and_not_without_end() -> None:
    assert len(of(["1 | 1", "3 | 1", "5 | 1", "null | 1"])) == 1  # everything between is one gap
    corners = of(["1 | - | 1", "- | 1 | 1", "2 | 2 | 1"], "FIRST", "x; y")
    assert [one.code for one in corners] == ["gap"] * 2
    assert len(of([f"{n} | {n} | 1" for n in range(9)], "FIRST", "x; y")) == 5


def test_a_list_of_results_or_a_default_has_no_gap() -> None:
    assert of(["> 1 | 1"], "COLLECT") == []
    default = '<output name="r"><defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    text = table(["x"], ["r"], ["> 1 | 1"]).replace('<output name="r">', default)
    assert said(decision("d", text)) == []


@pytest.mark.parametrize(
    ("rules", "policy", "element", "zh"),
    [
        (["(> 5) | 1", "? > 3 and ? < 2 | 2", "- | 3"], "FIRST", "rule-2", "没有值符合 “x” 的条件"),
        (["> 5 | 1", "> 7 | 2", "- | 3"], "FIRST", "rule-2", "它的情形都由规则 1 先决定"),
        (["< 5 | 1", ">= 5, null | 2", "7 | 3"], "FIRST", "rule-3", "它的情形都由规则 2 先决定"),
        (["< 5 | 1", ">= 5, null | 2", "- | 3"], "FIRST", "rule-3", "它的情形都由规则 1, 2 先决定".replace(", ", "、")),
    ],
)
def test_a_rule_that_never_fires_is_told(rules: list[str], policy: str, element: str, zh: str) -> None:
    (one,) = of(rules, policy)
    assert (one.level, one.code, one.element) == ("error", "never-fires", element)
    assert zh in one.zh


def test_any_allows_rules_that_agree_and_no_others() -> None:
    assert of(["< 5 | 1", ">= 3, null | 1.0"], "ANY") == []
    (one,) = of(["< 5 | 1", ">= 3, null | 2"], "ANY")
    assert (one.level, one.code, one.element) == ("error", "conflict", "rule-2")
    assert "例如 x = 3" in one.zh


def test_priority_needs_an_order_and_results_within_it() -> None:
    assert of(["< 5 | 1", "- | 2"], "PRIORITY", output="r = 1, 2") == []
    assert codes(of(["< 5 | 1", "- | 2"], "PRIORITY")) == [("error", "no-priority", "table")]
    assert codes(of(["< 5 | 1", "- | 7"], "PRIORITY", output="r = 1, 2")) == [("error", "value-outside", "rule-2")]
    assert codes(of(["< 5 | 2", "- | 1"], "PRIORITY", output="r = 1, 2")) == [("error", "never-fires", "rule-1")]


def test_priority_does_not_choose_between_results_of_the_same_rank() -> None:
    """Only the first output has an order; where it is the same, nothing says which second one counts."""
    rules = ['< 5 | "fail" | 1', '- | "fail" | 2', '- | "pass" | 3']
    found = of(rules, "PRIORITY", output='verdict = "fail", "pass"; points')
    assert codes(found) == [("error", "never-fires", "rule-3"), ("error", "conflict", "rule-2")]
    assert "优先级却相同；例如 x = 4" in found[1].zh
    agreeing = ['< 5 | "fail" | 1', '- | "fail" | 1', '> 9 | "pass" | 3']
    assert "conflict" not in {one.code for one in of(agreeing, "PRIORITY", output='verdict = "fail", "pass"; points')}


def test_values_outside_the_allowed_ones_are_told() -> None:
    allowed = '<inputValues><text>"city", "county"</text></inputValues></input>'
    text = table(["x"], ["r"], ['"city" | 1', '"cuonty" | 2', '"county" | 3']).replace("</input>", allowed)
    (one,) = said(decision("d", text))
    assert (one.level, one.code, one.element) == ("error", "value-outside", "rule-2")
    assert "“cuonty”，不在允许值之中" in one.zh


def test_allowed_values_of_a_declared_type_bound_an_input() -> None:
    kinds = typed("tKind", "string", '"city", "county"')
    parts = [kinds, data("kind", "tKind")]
    fine = decision("d", table(["kind"], ["r"], ['"city" | 1', '"county", null | 2']), needs="kind")
    assert said(*parts, fine) == []
    wrong = decision("d", table(["kind"], ["r"], ['"city" | 1', '"county", null | 2', '"x" | 3']), needs="kind")
    assert codes(said(*parts, wrong)) == [("error", "value-outside", "rule-3")]


def test_a_word_that_a_required_decision_never_gives_is_told() -> None:
    route = decision("route", literal('if x = 1 then "city" else "county"'))
    table_ = table(["route"], ["r"], ['"city" | 1', '"town" | 2', '"county" | 3'])
    assert codes(said(route, decision("d", table_, needs="route"))) == [("error", "value-outside", "rule-2")]


def test_a_constant_of_another_kind_is_told() -> None:
    counted = decision("n", literal("count(case.members[1 = 1])"))
    table_ = table(["n"], ["r"], ['"3" | 1', "< 3 | 2", ">= 3 | 3"])
    (one,) = said(counted, decision("d", table_, needs="n"))
    assert (one.level, one.code, one.element) == ("error", "wrong-type", "rule-1")
    assert "字符串“3”，这一列是 number" in one.zh


def test_a_column_declared_of_another_type_than_its_expression_is_told() -> None:
    text = table(["n"], ["r"], ["- | 1"]).replace("<inputExpression>", '<inputExpression typeRef="boolean">')
    found = said(decision("n", literal("count([1])")), decision("d", text, needs="n"))
    assert ("error", "wrong-type", "table") in codes(found)


def test_a_result_of_another_type_than_declared_is_told() -> None:
    text = table(
        ["x"],
        ["r"],
        [
            '- | "a"',
        ],
    ).replace('<output name="r">', '<output name="r" typeRef="number">')
    assert codes(said(decision("d", text))) == [("warning", "unused-input", "table"), ("error", "wrong-type", "rule-1")]


def test_what_a_fact_is_made_of_bounds_it() -> None:
    """A count is whole and not negative, a comparison of counts is never null: no gaps that cannot be."""
    facts = decision("facts", context(n="count(case.members[item.kind = 1])", most="n > 3", given="case.given"))
    rules = ["0 | - | 1", "[1..3] | false | 2", "> 3 | true | 3", "[1..3] | true | 4", "> 3 | false | 5"]
    assert said(facts, decision("d", table(["facts.n", "facts.most"], ["r"], rules), needs="facts")) == []
    loose = said(facts, decision("d", table(["facts.given"], ["r"], ["true | 1", "false | 2"]), needs="facts"))
    assert "facts.given 空" in loose[0].zh


def test_two_columns_of_one_expression_are_one_input() -> None:
    assert of(["< 5 | - | 1", ">= 5 | <= 9 | 2", "- | > 9, null | 3"], inputs="x; x") == []


def test_unused_inputs_and_requirements_are_warnings() -> None:
    parts = [data("a"), data("b"), decision("d", table(["a", "b"], ["r"], ["1 | - | 1"], "COLLECT"), needs="a b")]
    assert codes(said(*parts)) == [("warning", "unused-input", "table")]
    parts[-1] = decision("d", literal("a"), needs="a b")
    assert codes(said(*parts)) == [("warning", "unused-requirement", "d")]


def test_rules_without_annotation_are_one_warning() -> None:
    found = model(decision("d", table(["x"], ["r"], ["1 | 1 # 第六条", "2 | 1", "3 | 1"], "COLLECT"))).check()
    assert [(one.level, one.zh) for one in found] == [("warning", "规则 2、3 没有写说明（依据的条款）")]


@pytest.mark.parametrize("cell", ["> limit", 'matches(?, "a+")', "modulo(?, 2) = 0", "? > y or ? = 1"])
def test_what_is_beyond_the_check_is_said_and_nothing_claimed(cell: str) -> None:
    (one,) = of([f"{cell} | 1", "- | 2"])
    assert (one.level, one.code) == ("note", "not-decided")
    assert "规则 1（x）" in one.zh


def test_a_condition_on_the_value_alone_is_decided_where_the_value_is_one_point() -> None:
    words = decision("w", literal('if x = 1 then "aa" else "b"'))
    found = said(words, decision("d", table(["w"], ["r"], ['matches(?, "a+") | 1', '"aa" | 2', "null | 3"]), needs="w"))
    assert [one.code for one in found] == ["overlap", "gap"]


def test_one_and_true_are_not_the_same_value() -> None:
    assert [one.code for one in of(["1 | 1", "true | 2", "false, null, < 1, > 1 | 3"])] == []
    (one,) = of(["1 | 1", "true | 2", "1 | 3", "false, null, < 1, > 1 | 4"])
    assert one.zh.startswith("规则 1 与规则 3 会同时命中")


def test_dates_and_times_have_an_order_too() -> None:
    rules = ['< date("2026-04-15") | 1', '>= date("2026-04-16") | 2', "null | 3"]
    (one,) = of(rules)
    assert one.zh.startswith("没有规则管到：x 2026-04-15；")
    assert of(['< @"2026-04-15T10:00:00" | 1', '>= @"2026-04-15T10:00:00" | 2', "null | 3"]) == []
    assert of(['< @"P1Y" | 1', '>= @"P12M" | 2', "null | 3"]) == []
    assert of(['< @"10:00:00" | 1', '[@"10:00:00"..@"11:00:00"] | 2', '> @"11:00:00", null | 3']) == []


def test_a_table_inside_a_knowledge_model_is_checked() -> None:
    found = said(knowledge("k", "x", table(["x"], ["r"], ["> 1 | 1", "> 2 | 2"])))
    assert [one.code for one in found] == ["overlap", "gap"]


def test_a_table_too_large_to_be_gone_through_is_a_note() -> None:
    names = [f"x{n}" for n in range(70)]
    (one,) = of([" | ".join(["1"] * 70) + " | 1"], inputs="; ".join(names))
    assert (one.level, one.code) == ("note", "not-decided")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/*.dmn")), ids=lambda path: path.stem)
def test_the_shipped_tables_have_neither_contradiction_nor_gap(path: Path) -> None:
    found = read_model(path.read_bytes(), file=path.name, functions=FUNCTION_NAMES).check()
    assert {one.level for one in found} <= {"note"}


KIT = Path(__file__).parents[1] / "data" / "dmn-tck"


@pytest.mark.parametrize("path", sorted(KIT.rglob("*.dmn")), ids=lambda path: path.stem)
def test_the_tables_of_the_kit_are_gone_through_without_a_false_alarm(path: Path) -> None:
    found = read_model(path.read_bytes(), file=path.name, lenient=True).check()
    assert {one.level for one in found} <= {"warning", "note"}


def test_every_problem_is_told_in_both_languages() -> None:
    found = of(["<= 5 | 1 | 1", ">= 5 | 1 | 1", "? > y | - | 1"], inputs="x; z")
    assert found
    assert all(one.zh and one.en and one.zh != one.en for one in found)
