"""Everything that can be said against a model's tables and requirements before it is used.

Complete for cells that compare with constants (values, lists, ranges, `not`; `?` with and, or, not, between, in) over
inputs that do not depend on each other; what is beyond that is told as a note. Columns of one expression are one input.
"""

from __future__ import annotations

from collections.abc import Iterator

from service.dmn.graph import Graph, Part
from service.dmn.inference import Inference
from service.dmn.problems import DmnProblem
from service.dmn.table import DecisionTable
from service.dmn.table_check import Said, check_table
from service.dmn.thresholds import parts_of
from service.feel import syntax as s
from service.feel.reads import Locals, Reader
from service.feel.run import Budget

#: what looking through a file may cost: a step is a region asked or sixteen regions of a column gone through
MAX_STEPS = 200_000


def check_graph(graph: Graph, file: str) -> list[DmnProblem]:
    """What is said against the tables and requirements of a readable file, in its order.

    Errors: rules that contradict each other or never fire, values that cannot be. Warnings: gaps, what is not used, a
    rule without annotation. Notes: what was not decided.
    """
    inference, budget = Inference(graph), Budget(MAX_STEPS)
    found: list[DmnProblem] = []
    for part in graph.parts.values():
        if part.home:
            continue
        found += _unused(graph, part, file)
        for table in (each for each in parts_of(part.node) if isinstance(each, DecisionTable)):
            # around a table inside another expression stand names that are not followed
            names = inference.names_of(part) if table is part.node else {}
            found += [_problem(said, table, part, file) for said in check_table(table, names, budget)]
    return found


def _problem(said: Said, table: DecisionTable, part: Part, file: str) -> DmnProblem:
    rule = None if said.rule is None else table.rules[said.rule]
    element = (rule.id if rule is not None else "") or table.id or part.id
    line = (rule or table).line
    return DmnProblem(file, element, said.code, said.zh, said.en, name=part.name, line=line, level=said.level)


def _unused(graph: Graph, part: Part, file: str) -> Iterator[DmnProblem]:
    """Requirements that are drawn, and not used."""
    required = [graph.parts[id_] for id_ in part.requires if id_ in graph.parts and id_ not in part.aliases]
    if not required:
        return
    reader = Reader()
    node = part.node.body if isinstance(part.node, s.FunctionLiteral) and part.node.body is not None else part.node
    reader.consume(reader.visit(node, Locals()))
    for each in required:
        if each.variable not in reader.names and each.name not in reader.names:
            zh = f"画了对“{each.name}”的需求，但没有用到"
            en = f"a requirement is drawn to “{each.name}”, but it is not used"
            yield DmnProblem(file, part.id, "unused-requirement", zh, en, name=part.name, level="warning")
