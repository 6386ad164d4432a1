"""Every hit policy of DMN 1.5 §8.2.10 on the same three rules, of which two match."""

from decimal import Decimal
from typing import Any

import pytest

from service.dmn import DmnError, read_model
from service.feel import Diagnostic, from_json
from tests.dmn.models import decided, decision, model, table, xml

RULES = ["> 1 | 10", "> 2 | 30", "> 3 | 20"]


def of_policy(policy: str, x: int, outputs: str = "r", **attributes: str) -> Any:
    return decided(table(["x"], [outputs], RULES, policy, **attributes), x=x)


@pytest.mark.parametrize(
    ("policy", "aggregation", "x", "expected"),
    [
        ("UNIQUE", "", 2, 10),
        ("UNIQUE", "", 3, None),
        ("FIRST", "", 4, 10),
        ("ANY", "", 2, 10),
        ("ANY", "", 3, None),
        ("RULE ORDER", "", 4, [10, 30, 20]),
        ("COLLECT", "", 3, [10, 30]),
        ("COLLECT", "SUM", 4, 60),
        ("COLLECT", "MIN", 4, 10),
        ("COLLECT", "MAX", 4, 30),
        ("COLLECT", "COUNT", 4, 3),
        ("COLLECT", "COUNT", 0, 0),
        ("COLLECT", "SUM", 0, None),
        ("COLLECT", "", 0, None),
        ("FIRST", "", 0, None),
    ],
)
def test_a_policy_makes_of_the_matching_rules(policy: str, aggregation: str, x: int, expected: Any) -> None:
    attributes = {"aggregation": aggregation} if aggregation else {}
    assert of_policy(policy, x, **attributes) == from_json(expected)


@pytest.mark.parametrize(("policy", "expected"), [("PRIORITY", 30), ("OUTPUT ORDER", [30, 20, 10])])
def test_priority_follows_the_list_of_output_values(policy: str, expected: Any) -> None:
    assert of_policy(policy, 4, "r = 30, 20, 10") == from_json(expected)


def test_priority_goes_by_the_first_output_then_the_next() -> None:
    rules = ['- | "b" | 1', '- | "a" | 2', '- | "a" | 1']
    columns = ['p = "a", "b"', "q = 1, 2"]
    found = decided(table(["x"], columns, rules, "OUTPUT ORDER"), x=1)
    assert [(row["p"], int(row["q"])) for row in found] == [("a", 1), ("a", 2), ("b", 1)]


def test_any_accepts_rules_that_agree() -> None:
    assert decided(table(["x"], ["r"], ["> 1 | 7", "> 2 | 7.0"], "ANY"), x=3) == Decimal(7)


def test_several_outputs_make_a_context() -> None:
    found = decided(table(["x"], ["a", "b"], ["> 1 | 1 | x * 2"]), x=3)
    assert found == from_json({"a": 1, "b": 6})


def test_unique_with_two_hits_says_which_rules() -> None:
    notes: list[Diagnostic] = []
    made = model(decision("d1", table(["x"], ["r"], RULES)))
    assert made.evaluate("d1", from_json({"x": 3}), diagnostics=notes) is None
    assert "规则 1、2 同时命中" in notes[0].zh


def test_a_default_stands_in_where_no_rule_matches() -> None:
    made = table(["x"], ["r"], RULES).replace(
        '<output name="r">', '<output name="r"><defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    )
    assert decided(made, x=0) == "none"


def test_an_input_outside_its_allowed_values_gives_null() -> None:
    allowed = "<inputValues><text>[0..3]</text></inputValues></input>"
    text = table(["x"], ["r"], RULES, "FIRST").replace("</input>", allowed)
    assert decided(text, x=2) == Decimal(10)
    assert decided(text, x=4) is None


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(DmnError, match="hit policy"):
        read_model(xml(decision("d1", table(["x"], ["r"], RULES, "LAST"))), file="x.dmn")
