"""Finds in a model's expressions what never fits the declared types of what they read, and names nobody declares.

Cells are held against their columns by `table_check`, which knows more of a column than its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.dmn.graph import Graph, Part
from service.dmn.problems import DmnProblem
from service.dmn.table import DecisionTable
from service.feel import BUILTIN_NAMES
from service.feel import syntax as s
from service.feel.reads import Locals, Reader
from service.feel.typecheck import Around, Checker
from service.feel.types import ANY, FeelType


def misfits(graph: Graph, file: str, given: Mapping[str, FeelType]) -> Iterator[DmnProblem]:
    """An error for each; `given` are the types of what is read from outside without being declared.

    In a file that declares input data, a name that is neither declared nor given is a warning.
    """
    declares = any(part.kind == "inputData" for part in graph.parts.values())
    for part in graph.parts.values():
        if not part.home:
            yield from _of_part(graph, part, file, given)
            yield from _undeclared(graph, part, file, given) if declares else ()


def _undeclared(graph: Graph, part: Part, file: str, given: Mapping[str, FeelType]) -> Iterator[DmnProblem]:
    reader = Reader()
    reader.consume(reader.visit(part.node, Locals()))
    # what is declared and only not drawn is told where the file is read
    drawn = {name for each in graph.parts.values() for name in (each.variable, each.name, *each.aliases.values())}
    for name in sorted(reader.certain - reader.called - drawn - given.keys() - BUILTIN_NAMES):
        zh, en = f"用到了“{name}”，文件没有声明这个输入", f"“{name}” is used, which the file declares nowhere"
        yield DmnProblem(file, part.id, "undeclared-name", zh, en, name=part.name, level="warning")


def _of_part(graph: Graph, part: Part, file: str, given: Mapping[str, FeelType]) -> Iterator[DmnProblem]:
    checker = Checker()
    around = Around({**given, **_required(graph, part, given)})
    for node in _expressions(part.node):
        checker.type_of(node, around)
    for each in checker.found:
        zh, en = f"“{each.excerpt}”：{each.zh}，永远没有结果", f"“{each.excerpt}”: {each.en}, which never has a result"
        yield DmnProblem(file, each.origin or part.id, f"never-{each.code}", zh, en, name=part.name)


def _required(graph: Graph, part: Part, given: Mapping[str, FeelType]) -> dict[str, FeelType]:
    """The types of what a part requires; input data without one has the type of what is given for it."""
    found: dict[str, FeelType] = {}
    for id_ in part.requires:
        each = graph.parts.get(id_)
        if each is None:
            continue
        declared = each.type or (given.get(each.variable) if each.kind == "inputData" else None)
        # a knowledge model or service is called, and its result is not followed
        plain = each.kind in ("inputData", "decision") and id_ not in part.aliases
        found[part.aliases.get(id_, each.variable)] = (declared or ANY) if plain else ANY
    return found


def _expressions(node: s.Node) -> Iterator[s.Node]:
    """The expressions of a part: of a table those of its inputs and results."""
    if not isinstance(node, DecisionTable):
        yield node
        return
    for column in node.inputs:
        yield column.expression
    for rule in node.rules:
        yield from rule.results
