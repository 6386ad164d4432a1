"""Why a decision came out as it did, for the applicant and for the audit trail."""

import json
from typing import Any

import pytest

from service.dmn import Explanation
from service.dmn.explanation import MOST_RULES
from service.feel import from_json
from tests.dmn.models import context, decision, knowledge, literal, model, table

FACTS = decision("facts", context(count="case.members", share="case.enterprises / case.members"), name="事实")
FINDINGS = decision(
    "findings",
    table(
        ["成员单位数: facts.count", "企业成员占比: facts.share", "牵头单位类型: case.lead"],
        ["code"],
        [
            '< 10, null | - | - | "M01" # 第六条',
            '- | < 0.6 | - | "M02" # 第六条',
            '- | - | not("leading", "chain") | "L01" # 第五条',
        ],
        "COLLECT",
    ),
    needs="facts",
    name="检查结果",
)
MODEL = model(FACTS, FINDINGS, decision("verdict", literal("count(findings) = 0"), needs="findings", name="结论"))


def explained(**case: Any) -> Explanation:
    return MODEL.explain("verdict", from_json({"case": case}))


def test_the_text_says_article_value_and_limit() -> None:
    text = explained(members=11, enterprises=6, lead="leading").text("zh")
    assert "[命中] 第六条 企业成员占比 54.5% 低于 60%" in text
    assert "[未命中] 第六条 成员单位数 11 不低于 10" in text
    assert "[未命中] 第五条 牵头单位类型 leading 属于 leading、chain" in text
    assert text.splitlines()[0] == "结论：否"


def test_the_text_is_there_in_english() -> None:
    text = explained(members=11, enterprises=6, lead="other").text("en")
    assert "[matched] 第六条 企业成员占比 54.5% below 60%" in text
    assert "[matched] 第五条 牵头单位类型 other is not leading or chain" in text
    assert text.splitlines()[0] == "结论: no"


def test_the_tree_goes_through_the_whole_graph() -> None:
    tree = explained(members=11, enterprises=6, lead="leading").tree
    assert tree["inputs"] == {"case.enterprises": 6, "case.lead": "leading", "case.members": 11}
    findings = tree["requires"][0]
    rules = findings["tables"][0]["rules"]
    assert [rule["matched"] for rule in rules] == [False, True, False]
    assert [rule.get("failed") for rule in rules] == [[0], None, [2]]
    assert findings["requires"][0]["decision"] == "facts"
    assert len(json.dumps(tree)) < 2500


def test_a_missing_value_is_told_and_traced_to_its_cause() -> None:
    explanation = explained(enterprises=6, lead="leading")
    assert "成员单位数 没有值" in explanation.text("zh")
    assert "上下文没有成员“members”" in explanation.text("zh")
    first = explanation.tree["diagnostics"][0]
    assert (first["element"], first["line"], first["column"], first["code"]) == ("facts", 1, 5, "no-member")


def test_explain_and_evaluate_agree() -> None:
    for members in (0, 5, 10, 20):
        variables = from_json({"case": {"members": members, "enterprises": 6, "lead": "x"}})
        assert MODEL.explain("verdict", variables).value == MODEL.evaluate("verdict", variables)


@pytest.mark.parametrize(
    ("cell", "value", "zh"),
    [
        (">= 5", 3, "v 3 低于 5"),
        ("<= 5", 6, "v 6 高于 5"),
        ('"a"', "b", "v b 不是 a"),
        ('"", null', "b", "v b 不是 空白"),
        ('"a", "b"', "c", "v c 不是 a、b"),
        ("[1..5]", 7, "v 7 不在 [1..5] 之内"),
        ("[1..2], [4..5]", 7, "v 7 不在 [1..2]、[4..5] 之内"),
        ("< 1, > 9", 7, "v 7 不符合 < 1, > 9"),
        ("[1..2], 4", 7, "v 7 不符合 [1..2], 4"),
        ("true", False, "v 为“否”"),
        ("not(5)", 5, "v 为“5”"),
        ("> limit", 7, "v 7 不高于 8"),
        ('>= date("2026-04-15")', "2026-04-14", "v 2026-04-14 早于 2026-04-15"),
        ('contains(?, "科技")', "公司", 'v 公司 不符合 contains(?, "科技")'),
    ],
)
def test_a_failed_cell_is_put_into_words(cell: str, value: Any, zh: str) -> None:
    column = "v: date(x)" if "date" in cell else "v: x"
    made = model(decision("d", table([column], ["r"], [f"{cell} | 1"])))
    rule = made.explain("d", from_json({"x": value, "limit": 8})).tree["tables"][0]["rules"][0]
    assert (rule["matched"], rule["zh"]) == (False, zh)


CONDITIONS = [
    # a share written without division, so that no rounding decides
    ("企业成员数", "? * 100 < 60 * total", 6, "企业成员数 6（6 占 11 的 54.5%，低于 60%）", True),
    ("企业成员数", "? = null or ? * 100 < 60 * total", 7, "企业成员数 7（7 占 11 的 63.6%，不低于 60%）", False),
    ("同一单位", "? * 3 > total", 4, "同一单位 4（4 占 11 的 36.4%，高于 33.3%）", True),
    ("企业成员数", "? < total", 4, "企业成员数 4（4 低于 11）", True),
    # by so little that one decimal would hide it
    ("企业成员数", "? * 1000 < 6001 * total / 10", 6.6, "企业成员数 6.6（6600 低于 6601.1）", True),
    ("企业成员占比", "< 0.6", 0.5999, "企业成员占比 59.99% 低于 60%", True),
    ("占比", ">= 0.6", 0.6, "占比 60% 不低于 60%", True),
    # a unit in the label goes with the number
    ("自筹资金（万元）", "< 660", 500, "自筹资金 500 万元 低于 660 万元", True),
    ("人数 (人)", "< 5, > 9", 7, "人数 7 人 不符合 < 5, > 9", False),
    ("备注（可空）", "< 5", 3, "备注（可空） 3 低于 5", True),
    # what a condition asks besides comparisons stands there as it is written
    ("人数", "? > 3 and modulo(?, 2) = 0", 4, "人数 4（4 高于 3）", True),
    ("人数", "? > 3 and odd", 4, "人数 4 不符合 ? > 3 and odd（4 高于 3）", False),
]


@pytest.mark.parametrize(("label", "cell", "value", "zh", "matched"), CONDITIONS)
def test_a_clerk_reads_shares_and_units(label: str, cell: str, value: Any, zh: str, matched: bool) -> None:
    made = model(decision("d", table([f"{label}: x"], ["r"], [f"{cell} | 1"])))
    variables = from_json({"x": value, "total": 11, "odd": False})
    rule = made.explain("d", variables).tree["tables"][0]["rules"][0]
    assert (rule["matched"], rule["zh"]) == (matched, zh)


def test_a_share_of_nothing_is_not_reckoned() -> None:
    made = model(decision("d", table(["企业数: x"], ["r"], ["? * 100 < 60 * total | 1"])))
    rule = made.explain("d", from_json({"x": 0, "total": 0})).tree["tables"][0]["rules"][0]
    assert rule["zh"] == "企业数 0（0 不低于 0）"
    english = made.explain("d", from_json({"x": 1, "total": 3})).tree["tables"][0]["rules"][0]
    assert english["en"] == "企业数 1 (1 is 33.3% of 3, below 60%)"


def test_lists_of_findings_are_told_by_their_codes() -> None:
    many = ", ".join(f'{{code: "M{n:02d}", message: "…"}}' for n in range(8))
    for text, zh, en in [
        (f"[{many}]", "d：M00、M01、M02、M03、M04、M05 等 8 项", "d: M00, M01, M02, M03, M04, M05 and others, 8 items"),
        ("[]", "d：无", "d: none"),
        ("{a: 1, b: true, c: null}", "d：a = 1，b = 是，c = 空", "d: a = 1, b = yes, c = null"),
    ]:
        explanation = model(decision("d", literal(text))).explain("d", {})
        assert (explanation.text("zh"), explanation.text("en")) == (zh, en)


def test_the_same_diagnostic_is_told_once_in_the_text() -> None:
    explanation = model(decision("d", literal("[case.a, case.a]"))).explain("d", from_json({"case": {}}))
    assert explanation.text().count("上下文没有成员“a”") == 1


def test_first_tells_only_the_rules_that_were_asked() -> None:
    made = model(decision("d", table(["x"], ["r"], ["> 5 | 1", "> 3 | 2", "- | 3"], "FIRST")))
    rules = made.explain("d", from_json({"x": 4})).tree["tables"][0]["rules"]
    assert [(rule["number"], rule["matched"]) for rule in rules] == [(1, False), (2, True)]


def test_of_a_large_table_what_matched_is_told_and_some_of_the_rest() -> None:
    rules = [f'{n} | "{n}"' for n in range(1000)]
    explanation = model(decision("d", table(["x"], ["r"], rules))).explain("d", from_json({"x": 900}))
    (told,) = explanation.tree["tables"]
    assert [rule["number"] for rule in told["rules"] if rule["matched"]] == [901]
    assert (len(told["rules"]), told["untold"]) == (MOST_RULES, 1000 - MOST_RULES)
    assert "另有 940 条规则" in explanation.text("zh")
    assert len(json.dumps(explanation.tree)) < 16_000


def test_a_table_inside_a_knowledge_model_is_told() -> None:
    parts = [knowledge("f", "x", table(["x"], ["r"], ['> 1 | "yes"'])), decision("d", literal("f(2)"), needs="!f")]
    explanation = model(*parts).explain("d", {})
    assert explanation.tree["tables"][0]["rules"][0]["matched"] is True


def test_an_explanation_is_json_even_of_a_function() -> None:
    explanation = model(decision("d", literal("function(x) x"))).explain("d", {})
    assert json.loads(json.dumps(explanation.tree))["value"] == "function"
