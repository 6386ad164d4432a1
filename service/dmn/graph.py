"""The requirements graph of a file: input data, decisions, knowledge models and services, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from service.dmn.boxed import expression_in, function_of
from service.dmn.reading import NULL, Reading
from service.dmn.xml import Element, child, children, local
from service.feel import syntax as s
from service.feel.types import FeelType, FunctionType

Kind = Literal["inputData", "decision", "businessKnowledgeModel", "decisionService"]
KINDS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement")


@dataclass(frozen=True, slots=True)
class Part:
    """One element of the graph; `variable` is the name that expressions call it by."""

    id: str
    kind: Kind
    name: str
    variable: str
    type: FeelType | None
    node: s.Node
    requires: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()  # of a service
    given: tuple[str, ...] = ()  # of a service: input data, then input decisions, its parameters in order
    home: tuple[str, ...] = ()  # the names that lead to the imported file it stands in
    aliases: Mapping[str, str] = field(default_factory=dict)  # of what it requires from an imported file


@dataclass(frozen=True, slots=True)
class Graph:
    """All elements by id; those of an imported file have its namespace before it."""

    parts: dict[str, Part]

    def of_kind(self, kind: Kind) -> Iterator[Part]:
        """The elements of one kind in the file itself."""
        return (part for part in self.parts.values() if part.kind == kind and not part.home)


def read_graph(reading: Reading) -> Graph:
    """The graph of a file; what is wrong is noted."""
    parts: dict[str, Part] = {}
    elements: dict[str, Element] = {}
    _collect(reading, parts, elements)
    graph = Graph(parts)
    _check_references(reading, graph, elements)
    _check_cycles(reading, graph, elements)
    _check_names(reading, graph, elements)
    return graph


def _collect(reading: Reading, parts: dict[str, Part], elements: dict[str, Element]) -> None:
    for other in reading.imports.values():
        _collect(other, parts, elements)
    for element in children(reading.root, *KINDS):
        id_ = element.get("id") or ""
        if not id_:
            reading.report(element, "no-id", "缺少 id", "the id is missing")
            id_ = f"?{len(parts)}"
        key = reading.key(f"#{id_}")
        if key in parts:
            if not reading.home:
                reading.report(element, "same-id", f"id“{id_}”重复", f"the id “{id_}” is used twice")
            continue
        part = _part(reading, element, key)
        named = {each: reading.alias_of(each.rpartition("#")[0]) for each in part.requires if "#" in each}
        aliases = {each: alias for each, alias in named.items() if alias}
        parts[key], elements[key] = replace(part, home=reading.home, aliases=aliases), element


def _part(reading: Reading, element: Element, id_: str) -> Part:
    kind: Kind = local(element)  # type: ignore[assignment]  # children() lets only these pass
    name = " ".join((element.get("name") or "").split())
    variable = child(element, "variable")
    called = " ".join(((variable.get("name") if variable is not None else "") or name).split())
    declared = None if variable is None else reading.type(variable, variable.get("typeRef"))
    if kind == "decision":
        node = expression_in(reading, element)
        if node is None:
            reading.report(
                element, "no-logic", "决策没有内容（决策表或表达式）", "the decision has no table or expression"
            )
        return Part(id_, kind, name, called, declared, node or NULL, _required(reading, element))
    if kind == "businessKnowledgeModel":
        result = declared.resolved() if declared is not None else None
        logic = child(element, "encapsulatedLogic")
        node = _function(reading, logic, result.result if isinstance(result, FunctionType) else result)
        return Part(id_, kind, name, called, None, node, _required(reading, element))
    if kind == "decisionService":
        return _service(reading, element, Part(id_, kind, name, called, declared, NULL))
    return Part(id_, kind, name, called, declared, NULL)


def _function(reading: Reading, logic: Element | None, result: FeelType | None) -> s.Node:
    if logic is None:
        return NULL
    found = function_of(reading, logic)
    return s.FunctionLiteral(found.place, found.params, found.types, result, found.body)


def _hrefs(reading: Reading, element: Element, *names: str) -> tuple[str, ...]:
    return tuple(reading.key(part.get("href") or "") for part in children(element, *names))


def _required(reading: Reading, element: Element) -> tuple[str, ...]:
    return tuple(
        reading.key(target.get("href") or "")
        for requirement in children(element, *_REQUIREMENTS)
        for target in requirement
        if target.get("href")
    )


def _service(reading: Reading, element: Element, part: Part) -> Part:
    outputs = _hrefs(reading, element, "outputDecision")
    given = _hrefs(reading, element, "inputData") + _hrefs(reading, element, "inputDecision")
    return Part(part.id, part.kind, part.name, part.variable, part.type, part.node, (), outputs, given)


def _check_references(reading: Reading, graph: Graph, elements: dict[str, Element]) -> None:
    for part in graph.parts.values():
        for target in (*part.requires, *part.outputs, *part.given):
            if target not in graph.parts:
                zh = f"需求指向“{target}”，文件中没有这个元素"
                en = f"the requirement points to “{target}”, which is not in the file"
                reading.report(elements[part.id], "unknown-requirement", zh, en)


def _check_cycles(reading: Reading, graph: Graph, elements: dict[str, Element]) -> None:
    """A decision must not require itself; a knowledge model may call itself."""
    waiting = {id_: set(_next_parts(graph, id_)) & graph.parts.keys() for id_ in graph.parts}
    while waiting:
        free = {id_ for id_, needs in waiting.items() if not needs & waiting.keys()}
        if not free:
            names = "、".join(sorted(graph.parts[id_].name for id_ in waiting))
            zh, en = f"决策需求成环：{names}", f"decisions require each other in a circle: {names}"
            reading.report(elements[min(waiting)], "cycle", zh, en)
            return
        for id_ in free:
            del waiting[id_]


def _next_parts(graph: Graph, id_: str) -> list[str]:
    part = graph.parts[id_]
    own = id_ if part.kind == "businessKnowledgeModel" else None
    return [target for target in (*part.requires, *part.outputs) if target != own]


def _check_names(reading: Reading, graph: Graph, elements: dict[str, Element]) -> None:
    """Two elements that one expression may see must not share a name."""
    seen: dict[str, str] = {}
    for part in graph.parts.values():
        if part.home:
            continue
        if not part.variable:
            reading.report(elements[part.id], "no-name", "缺少名称", "the name is missing")
        elif seen.setdefault(part.variable, part.id) != part.id:
            zh, en = f"名称“{part.variable}”重复", f"the name “{part.variable}” is used twice"
            reading.report(elements[part.id], "same-name", zh, en, warning=True)
