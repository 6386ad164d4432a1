"""Decision files for tests, written short: a table from lines of cells, a model from its parts."""

from __future__ import annotations

from html import escape
from typing import Any

from service.dmn import DecisionModel, read_model
from service.feel import from_json

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(inputs: list[str], outputs: list[str], rules: list[str], policy: str = "UNIQUE", **attributes: str) -> str:
    """A decision table; a rule is its cells between bars, the outputs last, then an optional note behind a #.

    An input is `expression` or `label: expression`; an output is `name` or `name = "values", "in order"`.
    """
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    parts = [f'<decisionTable id="table" hitPolicy="{policy}"{given}>', *map(_input, inputs), *map(_output, outputs)]
    parts += [_rule(number, rule, len(inputs)) for number, rule in enumerate(rules, 1)]
    return "".join([*parts, "</decisionTable>"])


def _input(column: str) -> str:
    label, _, expression = column.rpartition(": ")
    text = f"<inputExpression><text>{escape(expression)}</text></inputExpression>"
    return f'<input label="{escape(label or expression)}">{text}</input>'


def _output(column: str) -> str:
    name, _, values = column.partition(" = ")
    listed = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    return f'<output name="{name}">{listed}</output>'


def _rule(number: int, rule: str, inputs: int) -> str:
    cells, _, note = rule.partition("#")
    entries = [cell.strip() for cell in cells.split("|")]
    described = f"<description>{escape(note.strip())}</description>" if note else ""
    tests = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in entries[:inputs])
    results = "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in entries[inputs:])
    return f'<rule id="rule-{number}">{described}{tests}{results}</rule>'


def literal(text: str) -> str:
    """A literal expression."""
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def context(**entries: str) -> str:
    """A boxed context of literal expressions."""
    parts = [f'<contextEntry><variable name="{name}"/>{literal(text)}</contextEntry>' for name, text in entries.items()]
    return f"<context>{''.join(parts)}</context>"


def decision(id_: str, logic: str, *, needs: str = "", type_: str = "", name: str = "") -> str:
    """A decision; `needs` lists ids, those that begin with `!` are knowledge models or services."""
    typed = f' typeRef="{type_}"' if type_ else ""
    return f'<decision id="{id_}" name="{name or id_}"><variable name="{id_}"{typed}/>{_needs(needs)}{logic}</decision>'


def _needs(ids: str) -> str:
    parts = [
        f'<knowledgeRequirement><requiredKnowledge href="#{id_[1:]}"/></knowledgeRequirement>'
        if id_.startswith("!")
        else f'<informationRequirement><requiredInput href="#{id_}"/></informationRequirement>'
        for id_ in ids.split()
    ]
    return "".join(parts)


def knowledge(id_: str, params: str, body: str, *, needs: str = "", type_: str = "") -> str:
    """A business knowledge model."""
    parameters = "".join(f'<formalParameter name="{name}"/>' for name in params.split())
    typed = f' typeRef="{type_}"' if type_ else ""
    logic = f"<encapsulatedLogic>{parameters}{body}</encapsulatedLogic>"
    return (
        f'<businessKnowledgeModel id="{id_}" name="{id_}"><variable name="{id_}"{typed}/>{logic}{_needs(needs)}'
        "</businessKnowledgeModel>"
    )


def data(id_: str, type_: str = "") -> str:
    """Input data."""
    typed = f' typeRef="{type_}"' if type_ else ""
    return f'<inputData id="{id_}" name="{id_}"><variable name="{id_}"{typed}/></inputData>'


def typed(name: str, base: str, allowed: str) -> str:
    """An item definition with allowed values."""
    values = f"<allowedValues><text>{escape(allowed)}</text></allowedValues>"
    return f'<itemDefinition name="{name}"><typeRef>{base}</typeRef>{values}</itemDefinition>'


def xml(*parts: str) -> bytes:
    """A decision file."""
    text = f'<definitions xmlns="{NAMESPACE}" id="d" name="d" namespace="n">{"".join(parts)}</definitions>'
    return text.encode()


def model(*parts: str, functions: tuple[str, ...] = ()) -> DecisionModel:
    """A decision model."""
    return read_model(xml(*parts), file="test.dmn", functions=functions)


def decided(logic: str, **variables: Any) -> Any:
    """What a single decision comes to, from JSON."""
    return model(decision("d1", logic)).evaluate("d1", from_json(variables))
