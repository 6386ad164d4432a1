"""The types of what FEEL reads of a case, told from the programme's forms, and what in its models never fits them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.dmn import DecisionModel
from service.domain.errors import Problem
from service.feel import FeelSyntaxError, check_expression, parse_type
from service.feel.types import ANY, SIMPLE, ContextType, FeelType, FunctionType, ListType
from service.programmes.compiled import problem_of
from service.programmes.functions import SIGNATURES
from service.programmes.scan import ElementUse
from service.store.case_json import snake

_SIMPLE = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean"}


def case_types(schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, FeelType]:
    """The types of `case`, `lookup` and the registered functions; `schemas` by the ids of the forms.

    A date of a form is text in a case, until `date(…)` reads it.
    """
    forms = {snake(form): _closed(schema, is_open=True) for form, schema in schemas.items()}
    return {"case": ContextType(forms, is_open=True), "lookup": ContextType({}, is_open=True), **_FUNCTIONS}


def misfits(
    elements: Iterable[ElementUse], models: Iterable[DecisionModel], types: Mapping[str, FeelType]
) -> Iterator[Problem]:
    """Expressions of diagrams and decisions with a part that is null whatever the case holds."""
    for element in elements:
        yield from _of_element(element, types)
    for model in models:
        yield from map(problem_of, model.misfits(types))


def _of_element(element: ElementUse, types: Mapping[str, FeelType]) -> Iterator[Problem]:
    for text in element.expressions:
        try:
            found = check_expression(text[1:], types)
        except FeelSyntaxError:
            continue  # the engine has told it, of the same element
        for each in found:
            zh = f"表达式“{text}”第 {each.column} 列：{each.zh}，永远没有结果。"
            en = f"The expression “{text}”, column {each.column}: {each.en}, which never has a result."
            place = (element.file, element.id, f"never-{each.code}")
            yield Problem(*place, zh, en, name=element.name, line=element.line)


def _type_of(schema: Mapping[str, Any]) -> FeelType:
    """The FEEL type of what a JSON schema describes, ANY where it is not one type alone."""
    named = schema.get("type")
    if named == "array":
        return ListType(_type_of(schema.get("items") or {}))
    if named == "object":
        return _closed(schema, is_open=schema.get("additionalProperties") is not False)
    if named is None and all(isinstance(value, str) for value in schema.get("enum") or [None]):
        named = "string"
    return SIMPLE[_SIMPLE[named]] if isinstance(named, str) and named in _SIMPLE else ANY


def _closed(schema: Mapping[str, Any], *, is_open: bool) -> FeelType:
    members = {name: _type_of(part) for name, part in (schema.get("properties") or {}).items()}
    return ContextType(members, is_open=is_open)


_FUNCTIONS: dict[str, FeelType] = {
    name: FunctionType([parse_type(declared) for _, declared in told.params], parse_type(told.result))
    for name, told in SIGNATURES.items()
}
