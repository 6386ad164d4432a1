"""A decision file as the rest of the project uses it: read once, then evaluated or explained any number of times."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from service.dmn.check import check_graph
from service.dmn.explanation import Explanation, explained
from service.dmn.graph import Graph, Part, read_graph
from service.dmn.imports import Find, read_file
from service.dmn.item_definitions import read_types
from service.dmn.misfits import misfits
from service.dmn.problems import DmnError, DmnProblem
from service.dmn.reading import Reading
from service.dmn.reads import GraphReader
from service.dmn.running import Runner
from service.dmn.table import DecisionTable
from service.dmn.vocabulary import columns_of, named_in
from service.dmn.xml import child, content_of, local
from service.feel.run import NO_FUNCTIONS, Budget, BudgetExceeded, Diagnostic, Run
from service.feel.source import FeelSyntaxError
from service.feel.types import FeelType
from service.feel.values import FunctionValue, Value


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; `inputs` are the root names that it and all it requires read, `paths` the static paths.

    `calls` are the functions it calls that are registered from outside, `words` the names of the codes of its results.
    """

    id: str
    name: str
    inputs: frozenset[str]
    paths: frozenset[tuple[str, ...]]
    requirements: tuple[str, ...]
    description: str = ""
    calls: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)


class DecisionModel:
    """The decisions of one file. Immutable; safe to share between threads."""

    def __init__(
        self, file: str, digest: str, runner: Runner, decisions: Mapping[str, Decision], problems: list[DmnProblem]
    ) -> None:
        self.file = file
        self.digest = digest
        self.decisions = MappingProxyType(dict(decisions))
        self.warnings = tuple(problems)
        self._runner = runner

    def evaluate(
        self,
        decision_id: str,
        variables: Mapping[str, Value],
        *,
        functions: Mapping[str, FunctionValue] = NO_FUNCTIONS,
        budget: Budget | None = None,
        diagnostics: list[Diagnostic] | None = None,
    ) -> Value:
        """The value of a decision, null where it cannot be decided. Raises KeyError, BudgetExceeded."""
        part = self._part(decision_id)
        run = Run(variables, functions, budget, diagnostics)
        try:
            if part.kind == "decisionService":
                return self._runner.service_value(run, part, self._given(part, variables))
            return self._runner.value(run, part)
        except RecursionError:
            raise BudgetExceeded("depth") from None

    def explain(
        self,
        decision_id: str,
        variables: Mapping[str, Value],
        *,
        functions: Mapping[str, FunctionValue] = NO_FUNCTIONS,
    ) -> Explanation:
        """The value, and why: through the graph, which rules matched and which cells failed in those that did not."""
        part = self._part(decision_id)
        diagnostics: list[Diagnostic] = []
        run = Run(variables, functions, None, diagnostics)
        run.trace = []
        try:
            self._runner.value(run, part)
        except RecursionError:
            raise BudgetExceeded("depth") from None
        return explained(run.trace[0], run, self.decisions[decision_id].paths, diagnostics)

    def check(self) -> list[DmnProblem]:
        """What is to be said against it before it is used: contradictions, gaps, what never fires or is not used."""
        return [*self.warnings, *check_graph(self._runner.graph, self.file)]

    def misfits(self, given: Mapping[str, FeelType] = MappingProxyType({})) -> list[DmnProblem]:
        """Expressions that never have a result, by the types declared and those `given` for what comes from outside."""
        return list(misfits(self._runner.graph, self.file, given))

    def id_of(self, name: str) -> str | None:
        """The id of the decision or decision service of this name."""
        parts = self._runner.graph.parts.values()
        kinds = ("decision", "decisionService")
        return next((part.id for part in parts if part.name == name and part.kind in kinds and not part.home), None)

    def _part(self, id_: str) -> Part:
        part = self._runner.graph.parts[id_]
        if part.kind not in ("decision", "decisionService"):
            raise KeyError(id_)
        return part

    def _given(self, part: Part, variables: Mapping[str, Value]) -> dict[str, Value]:
        parts = self._runner.graph.parts
        wanted = [parts[id_] for id_ in part.given if id_ in parts]
        return {each.id: variables[each.variable] for each in wanted if each.variable in variables}


def read_model(
    content: bytes, *, file: str, functions: Iterable[str] = (), lenient: bool = False, find: Find | None = None
) -> DecisionModel:
    """Read a decision file; `functions` are the names of the functions registered with the project.

    Raises DmnError with everything wrong in it. With `lenient`, for conformance suites only, an expression that is no
    FEEL is null instead and nothing is raised but for what is no DMN at all. `find` gives the content of an imported
    file by namespace and location; without it an import is refused, and the digest is of the file itself only.
    """
    reading = read_file(content, file, functions, find)
    root = reading.root
    try:
        read_types(reading)
        graph = read_graph(reading)
        if not lenient:
            _refuse(reading)
        runner = Runner(graph)
    except RecursionError:
        reading.report(root, "too-deep", "表达式嵌套过深", "an expression nests too deeply")
        raise DmnError(reading.problems) from None
    except FeelSyntaxError as error:
        reading.report(root, "feel", error.text("zh"), error.text("en"))
        raise DmnError(reading.problems) from None
    descriptions = {
        element.get("id") or "": content_of(child(element, "description")) for element in root if local(element)
    }
    decisions = {
        part.id: _decision(reading, graph, part, descriptions.get(part.id, "")) for part in graph.of_kind("decision")
    }
    if not lenient:
        _refuse(reading)
    digest = hashlib.sha256(content).hexdigest()
    return DecisionModel(file, digest, runner, decisions, reading.problems)


def _refuse(reading: Reading) -> None:
    if any(problem.level == "error" for problem in reading.problems):
        raise DmnError(reading.problems)


def _decision(reading: Reading, graph: Graph, part: Part, description: str) -> Decision:
    walk = GraphReader(graph, reading.functions)
    walk.use(part)
    reader = walk.reader
    element = next((each for each in reading.root if each.get("id") == part.id), None)
    for name in sorted(reader.called - reading.functions):
        zh, en = f"没有名为“{name}”的函数", f"there is no function “{name}”"
        reading.report(element, "unknown-function", zh, en)
    for other in graph.parts.values():
        if other.kind != "inputData" and other.variable in reader.certain and other.id != part.id:
            zh = f"使用了“{other.variable}”，但没有画出对它的需求"
            en = f"“{other.variable}” is used, but no requirement is drawn to it"
            reading.report(element, "no-requirement", zh, en, warning=True)
    read, calls = reader.names - reader.called, frozenset(reader.called & reading.functions)
    columns = columns_of(part.node) if isinstance(part.node, DecisionTable) else {}
    words = columns | named_in(description)
    return Decision(part.id, part.name, read, reader.paths, part.requires, description, calls, words)
