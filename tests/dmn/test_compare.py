"""Two versions of a decision over the same facts: what changed, and both reasons."""

from __future__ import annotations

from typing import Any

import pytest

from service.dmn import Comparison, DecisionModel, compare
from service.feel import from_json
from service.feel.values import Function
from tests.dmn.models import decision, knowledge, literal, model, table


def version(least: int) -> DecisionModel:
    rules = [f'< {least} | "no" # 第六条', f'>= {least} | "yes" # 第六条']
    return model(decision("verdict", table(["成员单位数: members"], ["r"], rules), name="资格结论"))


def compared(old: DecisionModel, new: DecisionModel, **options: Any) -> Comparison:
    facts = {f"案件{n}": from_json({"members": n}) for n in (5, 9, 10, 12)} | {"案件0": from_json({})}
    return compare(old, new, facts, decision="verdict", **options)


def test_only_what_changed_is_told_with_both_reasons() -> None:
    found = compared(version(10), version(12))
    assert found.asked == 5
    assert [change.label for change in found.changes] == ["案件10"]
    label, name, old, new, why_old, why_new = found.changes[0].row("zh")
    assert (label, name, old, new) == ("案件10", "verdict", "yes", "no")
    assert "[命中] 第六条 成员单位数 10 不低于 10" in why_old
    assert "[命中] 第六条 成员单位数 10 低于 12" in why_new
    assert "[matched] 第六条 成员单位数 10 below 12" in found.changes[0].row("en")[5]


def test_a_version_compared_with_itself_has_not_changed() -> None:
    assert compared(version(10), version(10)).changes == ()


def test_an_outcome_that_appears_or_vanishes_is_a_change() -> None:
    caring = model(decision("verdict", table(["members"], ["r"], ['null | "unknown"', '>= 10 | "yes"', '< 10 | "no"'])))
    (change,) = compared(version(10), caring).changes
    assert (change.label, change.old.brief(), change.new.brief()) == ("案件0", "空", "unknown")


def test_lists_and_contexts_are_compared_by_what_they_hold() -> None:
    one = model(decision("verdict", literal('[{a: members, b: date("2026-01-01")}]')))
    same = model(decision("verdict", literal('[{b: date("2026-01-01"), a: members + 0}]')))
    other = model(decision("verdict", literal('[{a: members, b: date("2026-01-02")}]')))
    facts = {"1": from_json({"members": 1})}
    assert compare(one, same, facts, decision="verdict").changes == ()
    assert len(compare(one, other, facts, decision="verdict").changes) == 1


def test_a_version_that_never_ends_is_an_outcome_not_an_error() -> None:
    parts = [knowledge("f", "x", literal("f(x)"), needs="!f"), decision("verdict", literal("f(1)"), needs="!f")]
    found = compared(version(10), model(*parts))
    assert len(found.changes) == 5
    assert found.changes[0].new.brief() == "表达式嵌套或函数递归过深，已停止计算。"
    assert "stopped" in found.changes[0].row("en")[5]
    assert compared(model(*parts), model(*parts)).changes == ()


def test_a_decision_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="verdict"):
        compared(version(10), model(decision("other", literal("1"))))


def test_a_function_whose_answers_were_not_recorded_is_named() -> None:
    calling = model(decision("verdict", literal("today limit(members)")), functions=("today limit",))
    with pytest.raises(KeyError, match="today limit"):
        compared(version(10), calling)
    given = {"today limit": Function(("n",), lambda n: n)}
    assert compared(version(10), calling, functions=given).asked == 5
