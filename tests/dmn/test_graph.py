"""Requirements, knowledge models, services and boxed expressions."""

from decimal import Decimal
from typing import Any

import pytest

from service.feel import BudgetExceeded, Function, from_json
from tests.dmn.models import context, data, decided, decision, knowledge, literal, model, table

SERVICE = (
    '<decisionService id="{id}" name="{id}"><variable name="{id}"/><outputDecision href="#{out}"/>'
    '<inputData href="#{data}"/></decisionService>'
)


def value(id_: str, *parts: str, functions: Any = None, **variables: Any) -> Any:
    return model(*parts, functions=tuple(functions or ())).evaluate(
        id_, from_json(variables), functions=functions or {}
    )


def test_a_decision_sees_what_it_requires() -> None:
    parts = [
        decision("share", literal("enterprises / members"), needs="enterprises members"),
        decision("verdict", table(["share"], ["r"], ['>= 0.6 | "yes"', '< 0.6 | "no"']), needs="share"),
    ]
    parts += [data("enterprises", "number"), data("members", "number")]
    assert value("verdict", *parts, enterprises=6, members=11) == "no"


def test_a_required_decision_is_made_once() -> None:
    calls: list[int] = []
    functions = {"seen": Function((), lambda: calls.append(1) or Decimal(len(calls)))}
    parts = [
        decision("a", literal("seen()")),
        decision("b", literal("a"), needs="a"),
        decision("c", literal("[a, b, a]"), needs="a b"),
    ]
    assert value("c", *parts, functions=functions) == from_json([1, 1, 1])


def test_variables_that_are_not_drawn_come_from_the_caller() -> None:
    assert value("d", decision("d", literal("case.x + y")), case={"x": 1}, y=2) == Decimal(3)


def test_input_data_takes_its_declared_type() -> None:
    parts = [data("n", "number"), decision("d", literal("n"), needs="n")]
    assert value("d", *parts, n=5) == Decimal(5)
    assert value("d", *parts, n=[5]) == Decimal(5)
    assert value("d", *parts, n="5") is None


def test_a_knowledge_model_can_call_another_and_itself() -> None:
    parts = [
        knowledge("twice", "x", literal("x * 2")),
        knowledge("fact", "n", literal("if n <= 1 then 1 else n * fact(n - 1)")),
        knowledge("both", "n", literal("twice(fact(n))"), needs="!twice !fact"),
        decision("d", literal("both(n: 20)"), needs="!both"),
    ]
    assert value("d", *parts) == Decimal(2 * 2432902008176640000)


def test_a_knowledge_model_that_never_ends_is_stopped() -> None:
    parts = [knowledge("f", "n", literal("f(n + 1)")), decision("d", literal("f(1)"), needs="!f")]
    with pytest.raises(BudgetExceeded):
        value("d", *parts)


def test_a_decision_service_is_a_function_with_inputs_of_its_own() -> None:
    parts = [
        data("n"),
        decision("square", literal("n * n"), needs="n"),
        SERVICE.format(id="squared", out="square", data="n"),
        decision("d", literal("squared(3) + squared(n: 4) + square"), needs="square !squared"),
    ]
    assert value("d", *parts, n=10) == Decimal(125)
    assert value("squared", *parts, n=5) == Decimal(25)


BOXED = [
    ("<list>" + literal("1") + literal("x") + "</list>", [1, 3]),
    (
        "<relation><column name='a'/><column name='b'/><row>" + literal("1") + literal("x") + "</row></relation>",
        [{"a": 1, "b": 3}],
    ),
    (
        "<context><contextEntry><variable name='a'/>"
        + literal("x + 1")
        + "</contextEntry><contextEntry>"
        + literal("a * 2")
        + "</contextEntry></context>",
        8,
    ),
    (context(a="x", b="a + 1"), {"a": 3, "b": 4}),
    (
        "<conditional><if>"
        + literal("x > 2")
        + "</if><then>"
        + literal("1")
        + "</then><else>"
        + literal("2")
        + "</else></conditional>",
        1,
    ),
    ("<filter><in>" + literal("[1, 5, 9]") + "</in><match>" + literal("item > x") + "</match></filter>", [5, 9]),
    (
        "<for iteratorVariable='i'><in>" + literal("[1, 2]") + "</in><return>" + literal("i * x") + "</return></for>",
        [3, 6],
    ),
    (
        "<some iteratorVariable='i'><in>"
        + literal("[1, 5]")
        + "</in><satisfies>"
        + literal("i > x")
        + "</satisfies></some>",
        True,
    ),
    (
        "<every iteratorVariable='i'><in>"
        + literal("[1, 5]")
        + "</in><satisfies>"
        + literal("i > x")
        + "</satisfies></every>",
        False,
    ),
    (
        "<invocation>"
        + literal("function(a, b) a - b")
        + "<binding><parameter name='b'/>"
        + literal("1")
        + "</binding><binding><parameter name='a'/>"
        + literal("x")
        + "</binding></invocation>",
        2,
    ),
    (
        "<context><contextEntry><variable name='f'/><functionDefinition><formalParameter name='n' typeRef='number'/>"
        + literal("n + x")
        + "</functionDefinition></contextEntry><contextEntry>"
        + literal("f(1)")
        + "</contextEntry></context>",
        4,
    ),
]


@pytest.mark.parametrize(("logic", "expected"), BOXED)
def test_a_boxed_expression_comes_to(logic: str, expected: Any) -> None:
    assert decided(logic, x=3) == from_json(expected)


def test_item_definitions_limit_what_a_value_can_be() -> None:
    types = (
        '<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"city", "county"</text>'
        '</allowedValues></itemDefinition><itemDefinition name="tUnit"><itemComponent name="level">'
        "<typeRef>tLevel</typeRef></itemComponent></itemDefinition>"
        '<itemDefinition name="tUnits" isCollection="true"><typeRef>tUnit</typeRef></itemDefinition>'
    )
    parts = [types, data("units", "tUnits"), decision("d", literal("units.level"), needs="units")]
    assert value("d", *parts, units=[{"level": "city"}]) == ["city"]
    assert value("d", *parts, units={"level": "city"}) == ["city"]
    assert value("d", *parts, units=[{"level": "moon"}]) is None


def test_a_type_may_name_itself() -> None:
    types = (
        '<itemDefinition name="tree"><itemComponent name="leaf"><typeRef>number</typeRef></itemComponent>'
        '<itemComponent name="below" isCollection="true"><typeRef>tree</typeRef></itemComponent></itemDefinition>'
    )
    parts = [types, data("t", "tree"), decision("d", literal("t.below.leaf"), needs="t")]
    assert value("d", *parts, t={"leaf": 1, "below": [{"leaf": 2, "below": None}]}) == [Decimal(2)]
    assert value("d", *parts, t={"leaf": 1, "below": [{"leaf": "2", "below": None}]}) is None
