"""Item definitions, the types a decision file declares, as FEEL types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.dmn.reading import Cell, Reading
from service.dmn.xml import Element, child, children, content_of, text_of
from service.feel.closures import Static
from service.feel.compiler import compile_cell
from service.feel.run import NO_FUNCTIONS, Run
from service.feel.source import FeelSyntaxError
from service.feel.types import ANY, ContextType, FeelType, FunctionType, LimitedType, ListType, NamedType


def read_types(reading: Reading) -> None:
    """Make the file's item definitions known, and those it imports; they may name each other in any order."""
    for alias, other in reading.imports.items():
        read_types(other)
        reading.types |= {f"{alias}.{name}" if alias else name: found for name, found in other.types.items()}
    for element in children(reading.root, "itemDefinition"):
        name = element.get("name") or ""
        reading.types[name] = NamedType(_finder(reading, element))
    for declared in list(reading.types.values()):
        declared.resolved()


def _finder(reading: Reading, element: Element) -> Callable[[], FeelType]:
    return lambda: _item(reading, element)


def _item(reading: Reading, element: Element) -> FeelType:
    is_list = element.get("isCollection") == "true"
    found = _base(reading, element)
    allowed = child(element, "allowedValues")
    if allowed is not None:
        found = _limited(reading, allowed, found)
    if is_list:
        found = ListType(found)
    constraint = child(element, "typeConstraint")
    return found if constraint is None else _limited(reading, constraint, found)


def _base(reading: Reading, element: Element) -> FeelType:
    function = child(element, "functionItem")
    if function is not None:
        params = [reading.type(part, part.get("typeRef")) or ANY for part in children(function, "parameters")]
        return FunctionType(params, reading.type(function, function.get("outputTypeRef")) or ANY)
    members = {part.get("name") or "": NamedType(_finder(reading, part)) for part in children(element, "itemComponent")}
    if members:
        return ContextType(members)
    return reading.type(element, content_of(child(element, "typeRef"))) or ANY


def _limited(reading: Reading, element: Element, base: FeelType) -> FeelType:
    """Only the values that pass the unary tests of an element."""
    cell = reading.cell(element, text_of(element))
    try:
        test = compile_cell(cell, Static())
    except FeelSyntaxError as error:
        reading.report(element, "feel", error.text("zh"), error.text("en"))
        return base

    def passes(value: Any) -> bool | None:
        return test(Run({}, NO_FUNCTIONS, None, None), None, value)

    return AllowedValues(base, passes, cell)


class AllowedValues(LimitedType):
    """A type of which only the values that pass a cell are allowed."""

    def __init__(self, base: FeelType, test: Callable[[Any], bool | None], cell: Cell) -> None:
        super().__init__(base, test)
        self.cell = cell
