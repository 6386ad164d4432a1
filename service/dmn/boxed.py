"""Boxed expressions as the FEEL nodes they stand for; only a decision table is a node of its own."""

from __future__ import annotations

from collections.abc import Callable

from service.dmn.reading import NULL, Reading
from service.dmn.table_reading import read_table
from service.dmn.xml import Element, child, children, local, text_of
from service.feel import syntax as s

_LANGUAGES = ("FEEL", "feel", "")


def expression_in(reading: Reading, element: Element | None) -> s.Node | None:
    """The boxed expression that stands in an element, if one does."""
    for part in element if element is not None else ():
        if local(part) in _READERS:
            return boxed(reading, part)
    return None


def boxed(reading: Reading, element: Element) -> s.Node:
    """A boxed expression, its value converted to the type it declares."""
    node = _READERS[local(element)](reading, element)
    declared = None
    if local(element) not in ("functionDefinition", "decisionTable"):
        declared = reading.type(element, element.get("typeRef"))
    return node if declared is None else s.Typed(reading.place(element), node, declared)


def _inner(reading: Reading, element: Element, name: str) -> s.Node:
    return expression_in(reading, child(element, name)) or NULL


def _literal(reading: Reading, element: Element) -> s.Node:
    language = element.get("expressionLanguage") or reading.root.get("expressionLanguage") or ""
    if language.rstrip("/").rpartition("/")[2] not in _LANGUAGES:
        zh, en = (
            f"不支持表达式语言“{language}”，请用 FEEL",
            f"the expression language “{language}” is not supported, use FEEL",
        )
        reading.report(element, "language", zh, en)
    return reading.expression(element, text_of(element))


def _context(reading: Reading, element: Element) -> s.Node:
    entries: list[tuple[str | None, s.Node]] = []
    for entry in children(element, "contextEntry"):
        variable = child(entry, "variable")
        node = expression_in(reading, entry) or NULL
        if variable is None:
            entries.append((None, node))
            continue
        declared = reading.type(variable, variable.get("typeRef"))
        if declared is not None:
            node = s.Typed(reading.place(entry), node, declared)
        entries.append((variable.get("name") or "", node))
    return s.ContextLiteral(reading.place(element), tuple(entries))


def _invocation(reading: Reading, element: Element) -> s.Node:
    function = expression_in(reading, element) or NULL
    names: list[str] = []
    arguments: list[s.Node] = []
    for binding in children(element, "binding"):
        parameter = child(binding, "parameter")
        names.append((parameter.get("name") or "") if parameter is not None else "")
        arguments.append(expression_in(reading, binding) or NULL)
    return s.Call(reading.place(element), function, tuple(arguments), tuple(names))


def function_of(reading: Reading, element: Element, result: Element | None = None) -> s.FunctionLiteral:
    """A function definition; `result` is the variable that declares the type of what it returns."""
    parameters = list(children(element, "formalParameter"))
    body: s.Node | None = expression_in(reading, element) or NULL
    kind = element.get("kind") or "FEEL"
    if kind != "FEEL":
        zh, en = f"不支持 {kind} 函数，只支持 FEEL", f"functions of kind {kind} are not supported, only FEEL"
        reading.report(element, "external", zh, en)
        body = None
    return s.FunctionLiteral(
        reading.place(element),
        tuple(parameter.get("name") or "" for parameter in parameters),
        tuple(reading.type(parameter, parameter.get("typeRef")) for parameter in parameters),
        None if result is None else reading.type(result, result.get("typeRef")),
        body,
    )


def _list(reading: Reading, element: Element) -> s.Node:
    items = tuple(boxed(reading, part) for part in element if local(part) in _READERS)
    return s.ListLiteral(reading.place(element), items)


def _relation(reading: Reading, element: Element) -> s.Node:
    columns = [column.get("name") or "" for column in children(element, "column")]
    rows: list[s.Node] = []
    for row in children(element, "row"):
        cells = [boxed(reading, part) for part in row if local(part) in _READERS]
        entries = tuple(zip(columns, cells, strict=False))
        rows.append(s.ContextLiteral(reading.place(row), entries, binds=False))
    return s.ListLiteral(reading.place(element), tuple(rows))


def _conditional(reading: Reading, element: Element) -> s.Node:
    condition, then = _inner(reading, element, "if"), _inner(reading, element, "then")
    return s.If(reading.place(element), ((condition, then),), _inner(reading, element, "else"))


def _filter(reading: Reading, element: Element) -> s.Node:
    return s.Filter(reading.place(element), _inner(reading, element, "in"), _inner(reading, element, "match"))


def _iterator(reading: Reading, element: Element) -> tuple[s.Iterator, ...]:
    name = element.get("iteratorVariable") or ""
    return (s.Iterator(reading.place(element), name, _inner(reading, element, "in"), None),)


def _for(reading: Reading, element: Element) -> s.Node:
    return s.For(reading.place(element), _iterator(reading, element), _inner(reading, element, "return"))


def _quantified(reading: Reading, element: Element) -> s.Node:
    body = _inner(reading, element, "satisfies")
    return s.Quantified(reading.place(element), local(element), _iterator(reading, element), body)


def _table(reading: Reading, element: Element) -> s.Node:
    return read_table(reading, element)


_READERS: dict[str, Callable[[Reading, Element], s.Node]] = {
    "literalExpression": _literal,
    "context": _context,
    "invocation": _invocation,
    "functionDefinition": function_of,
    "list": _list,
    "relation": _relation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
    "decisionTable": _table,
}
