"""Expressions of a model that can never have a result, told from the types it declares."""

from __future__ import annotations

import pytest

from service.feel.types import SIMPLE, ContextType
from tests.dmn.models import data, decision, knowledge, literal, model, table, typed

CASE = {"case": ContextType({"share": SIMPLE["number"], "name": SIMPLE["string"]})}


@pytest.mark.parametrize(
    ("parts", "code", "element"),
    [
        ([data("x", "number"), decision("d", literal('x > "3"'), needs="x")], "never-comparison", "d"),
        ([data("x", "number"), decision("d", literal("x + true"), needs="x")], "never-operands", "d"),
        ([data("x", "date"), decision("d", literal("x.hour"), needs="x")], "never-no-member", "d"),
        ([data("x", "number"), decision("d", literal("if x then 1 else 2"), needs="x")], "never-condition", "d"),
        ([data("x", "number"), decision("d", literal("upper case(x)"), needs="x")], "never-arguments", "d"),
        (
            [data("x", "number"), decision("d", table(["x + true"], ["r"], ["- | 1"]), needs="x")],
            "never-operands",
            "table",
        ),
        (
            [data("x", "number"), decision("d", table(["x"], ["r"], ["- | x + true"]), needs="x")],
            "never-operands",
            "rule-1",
        ),
        (
            [decision("a", literal("1"), type_="number"), decision("d", literal('a = "1"'), needs="a")],
            "never-comparison",
            "d",
        ),
        (
            [typed("t", "number", "[0..1]"), data("x", "t"), decision("d", literal('x = "1"'), needs="x")],
            "never-comparison",
            "d",
        ),
        ([decision("d", literal('case.share = "1"'))], "never-comparison", "d"),
        ([decision("d", literal("case.shares = 1"))], "never-no-member", "d"),
        ([data("case"), decision("d", literal('case.share = "1"'), needs="case")], "never-comparison", "d"),
        ([knowledge("k", "a", literal('case.share = "1"'))], "never-comparison", "k"),
    ],
    ids=range(13),
)
def test_what_never_has_a_result_is_told_of_its_element(parts: list[str], code: str, element: str) -> None:
    (problem,) = model(*parts).misfits(CASE)
    assert (problem.code, problem.element, problem.level) == (code, element, "error")
    assert "永远没有结果" in problem.zh
    assert "never has a result" in problem.en


@pytest.mark.parametrize(
    "parts",
    [
        [data("x", "number"), decision("d", literal("x > 3 or x = null"), needs="x")],
        [data("x"), decision("d", literal('x > "3" or x > 3'), needs="x")],
        [knowledge("k", "a", literal("a + 1")), decision("d", literal('k("x") = 2'), needs="!k")],
        [decision("d", literal('y.z = "1" and case.share > 1'))],
        [decision("d", table(["case.share"], ["r"], ["> 1 | case.share * 2"]))],
    ],
    ids=range(5),
)
def test_what_is_not_certain_is_not_told(parts: list[str]) -> None:
    assert model(*parts).misfits(CASE) == []


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([data("x"), decision("d", literal("x + shere"), needs="x")], ["shere"]),
        (
            [data("x"), decision("d", table(["x", "shere"], ["r"], ["- | > limit | case.share"]), needs="x")],
            ["limit", "shere"],
        ),
        ([data("x"), decision("d", literal("x[shere > 1]"), needs="x")], []),
        ([data("x"), decision("d", literal("for i in x return i + case.share"), needs="x")], []),
        ([data("x"), knowledge("k", "a", literal("a + x"))], []),
        ([data("x"), decision("d", literal("sort(x, before)"), needs="x")], []),
        ([decision("d", literal("anything + 1"))], []),
    ],
    ids=range(7),
)
def test_a_name_that_nobody_declares_is_told(parts: list[str], told: list[str]) -> None:
    found = model(*parts).misfits(CASE)
    assert [each.en.split("”")[0].lstrip("“") for each in found] == told
    assert {(each.code, each.level, each.element) for each in found} <= {("undeclared-name", "warning", "d")}
