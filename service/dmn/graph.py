"""The requirements graph of a file: input data, decisions, knowledge models and services, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from service.dmn.boxed import expression_in, function_of
from service.dmn.problems import DmnError
from service.dmn.reading import NULL, Reading
from service.dmn.xml import Element, child, children, local
from service.feel import syntax as s
from service.feel.types import FeelType, FunctionType

Kind = Literal["inputData", "decision", "businessKnowledgeModel", "decisionService"]
KINDS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
MOST_PARTS = 500  # elements of a graph, those of imported files included
MOST_LEVELS = 64  # of requirements, one decision through another
MOST_NAMES = 8  # told of a circle
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
    """The graph of a file; what is wrong is noted. Raises DmnError where it is too large to be looked at."""
    parts: dict[str, Part] = {}
    elements: dict[str, Element] = {}
    _collect(reading, parts, elements)
    if len(parts) > MOST_PARTS:
        zh = f"决策、输入数据等共 {len(parts)} 个，最多 {MOST_PARTS} 个，请分成几个文件"
        en = f"{len(parts)} decisions, inputs and others, at most {MOST_PARTS} are allowed: use several files"
        reading.report(reading.root, "too-many", zh, en)
        raise DmnError(reading.problems)
    graph = Graph(parts)
    _check_references(reading, graph, elements)
    _check_order(reading, graph, elements)
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


def _check_order(reading: Reading, graph: Graph, elements: dict[str, Element]) -> None:
    """A decision must not require itself, nor through too many others; a knowledge model may call itself.

    Elements are taken one after another, each when all it needs have been: what is never taken stands in a circle.
    """
    missing = {id_: {each for each in _next_parts(graph, id_) if each in graph.parts} for id_ in graph.parts}
    used_by: dict[str, list[str]] = {id_: [] for id_ in graph.parts}
    for id_, needs in missing.items():
        for need in needs:
            used_by[need].append(id_)
    level = {id_: 1 for id_, needs in missing.items() if not needs}
    ready = list(level)
    for id_ in ready:
        for user in used_by[id_]:
            missing[user].discard(id_)
            level[user] = max(level.get(user, 0), level[id_] + 1)
            if not missing[user]:
                ready.append(user)
    circle = _circle({id_: needs for id_, needs in missing.items() if needs})
    if circle:
        names = " → ".join(graph.parts[id_].name for id_ in circle[:MOST_NAMES]) + (" → …" * (len(circle) > MOST_NAMES))
        zh, en = f"决策需求成环：{names}", f"decisions require each other in a circle: {names}"
        reading.report(elements[circle[0]], "cycle", zh, en)
        return
    deepest = max(level, key=level.__getitem__, default="")
    if deepest and level[deepest] > MOST_LEVELS:
        zh = f"决策需求有 {level[deepest]} 层，最多 {MOST_LEVELS} 层"
        en = f"the requirements go {level[deepest]} levels deep, at most {MOST_LEVELS} are allowed"
        reading.report(elements[deepest], "too-deep", zh, en)


def _circle(waiting: dict[str, set[str]]) -> list[str]:
    """One circle among elements that wait for each other, begun with the first of its ids."""
    if not waiting:
        return []
    at, seen = min(waiting), dict[str, None]()
    while at not in seen:
        seen[at] = None
        at = min(need for need in waiting[at] if need in waiting)
    found = list(seen)
    circle = found[found.index(at) :]
    first = circle.index(min(circle))
    return [*circle[first:], *circle[: first + 1]]


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
            reading.report(elements[part.id], "same-name", zh, en)
