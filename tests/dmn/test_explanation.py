"""Why a decision came out as it did, for the applicant and for the audit trail."""

import json
from typing import Any

import pytest

from service.dmn import Explanation
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
    assert {"zh", "en", "code", "element"} <= explanation.tree["diagnostics"][0].keys()


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


def test_first_tells_only_the_rules_that_were_asked() -> None:
    made = model(decision("d", table(["x"], ["r"], ["> 5 | 1", "> 3 | 2", "- | 3"], "FIRST")))
    rules = made.explain("d", from_json({"x": 4})).tree["tables"][0]["rules"]
    assert [(rule["number"], rule["matched"]) for rule in rules] == [(1, False), (2, True)]


def test_a_table_inside_a_knowledge_model_is_told() -> None:
    parts = [knowledge("f", "x", table(["x"], ["r"], ['> 1 | "yes"'])), decision("d", literal("f(2)"), needs="!f")]
    explanation = model(*parts).explain("d", {})
    assert explanation.tree["tables"][0]["rules"][0]["matched"] is True


def test_an_explanation_is_json_even_of_a_function() -> None:
    explanation = model(decision("d", literal("function(x) x"))).explain("d", {})
    assert json.loads(json.dumps(explanation.tree))["value"] == "function"
