"""Evaluates the graph: what a decision requires first, each once, then the decision itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.dmn.graph import Graph, Part
from service.feel.closures import Evaluate, Static
from service.feel.compiler import compile_node
from service.feel.nodes.reading import convert_noting
from service.feel.run import Run, Scope
from service.feel.source import NOWHERE, Place
from service.feel.types import ANY, FunctionType
from service.feel.values import FunctionValue, Value, is_context


@dataclass(frozen=True, slots=True)
class DecisionSeen:
    """A decision that was made while another was explained, with all that its tables said."""

    part: Part
    value: Value
    parts: tuple[Any, ...]  # TableSeen of its own tables, DecisionSeen of the decisions it required


class Overlay(Mapping[str, Value]):
    """Arguments of a decision service over the variables around it."""

    __slots__ = ("_beneath", "_own")

    def __init__(self, own: Mapping[str, Value], beneath: Mapping[str, Value]) -> None:
        self._own = own
        self._beneath = beneath

    def __getitem__(self, name: str) -> Value:
        return self._own[name] if name in self._own else self._beneath[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (name for name in self._beneath if name not in self._own)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Runner:
    """The compiled graph of one file."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._closures: dict[str, Evaluate] = {}
        for part in graph.parts.values():
            names = self.names_of(part)
            self._closures[part.id] = compile_node(part.node, Static(names))

    def required(self, part: Part) -> list[Part]:
        """The elements a part requires directly."""
        parts = self.graph.parts
        return [parts[id_] for id_ in part.requires if id_ in parts]

    def names_of(self, part: Part) -> frozenset[str]:
        """The names that a part's requirements bring into its expression."""
        own = {part.variable} if part.kind == "businessKnowledgeModel" else set()
        return frozenset(own | {part.aliases.get(each.id, each.variable) for each in self.required(part)})

    def value(self, run: Run, part: Part) -> Value:
        """The value of an element in a run, computed at most once."""
        memo = run.memo
        if memo is None:
            memo = run.memo = {}
        if part.id not in memo:
            memo[part.id] = _VALUES[part.kind](self, run, part)
        return memo[part.id]

    def _scope(self, run: Run, part: Part) -> dict[str, Value]:
        if not part.aliases:
            return {each.variable: self.value(run, each) for each in self.required(part)}
        names: dict[str, Value] = {}
        for each in self.required(part):
            alias = part.aliases.get(each.id)
            around = names if alias is None else names.setdefault(alias, {})
            around[each.variable] = self.value(run, each)
        return names

    def _input(self, run: Run, part: Part) -> Value:
        variables = _inside(run.variables, part.home)
        try:
            value = variables[part.variable]
        except KeyError:
            if part.name != part.variable and part.name in variables:
                value = variables[part.name]
            else:
                zh, en = f"没有输入数据“{part.name}”", f"the input data “{part.name}” is not there"
                return run.note(NOWHERE, "no-input-data", zh, en)
        return value if part.type is None else convert_noting(run, value, part.type, NOWHERE)

    def _decision(self, run: Run, part: Part) -> Value:
        run.budget.spend()
        if run.trace is not None:
            return self._seen_decision(run, part)
        value = self._closures[part.id](run, Scope(self._scope(run, part), None))
        return value if part.type is None else convert_noting(run, value, part.type, part.node.place)

    def _seen_decision(self, run: Run, part: Part) -> Value:
        around = run.trace
        own: list[Any] = []
        run.trace = own
        value = self._closures[part.id](run, Scope(self._scope(run, part), None))
        if part.type is not None:
            value = convert_noting(run, value, part.type, part.node.place)
        run.trace = around
        if around is not None:
            around.append(DecisionSeen(part, value, tuple(own)))
        return value

    def _knowledge(self, run: Run, part: Part) -> Value:
        names = self._scope(run, part)
        function = self._closures[part.id](run, Scope(names, None))
        names[part.variable] = function  # so that it can call itself
        return function

    def _service(self, _run: Run, part: Part) -> Value:
        return ServiceFunction(self, part)

    def service_value(self, run: Run, part: Part, arguments: Mapping[str, Value]) -> Value:
        """The value of a decision service; `arguments` by id of the input data and input decisions."""
        parts = self.graph.parts
        given = {parts[id_].variable: value for id_, value in arguments.items()}
        inner = Run(Overlay(given, run.variables), run.functions, run.budget, run.diagnostics)
        inner.calls, inner.trace = run.calls, run.trace
        inner.memo = {
            id_: value if parts[id_].type is None else convert_noting(run, value, parts[id_].type, NOWHERE)
            for id_, value in arguments.items()
        }
        outputs = [parts[id_] for id_ in part.outputs if id_ in parts]
        found = {output.variable: self.value(inner, output) for output in outputs}
        value = next(iter(found.values())) if len(found) == 1 else found
        declared = part.type.resolved() if part.type is not None else None
        if isinstance(declared, FunctionType):
            declared = declared.result
        return value if declared is None else convert_noting(run, value, declared, NOWHERE)


def _inside(variables: Mapping[str, Value], home: tuple[str, ...]) -> Mapping[str, Value]:
    """The variables given for an imported file, by the names that lead to it, or else those around."""
    for name in home:
        found: Any = variables.get(name)
        if not is_context(found):
            return variables
        variables = found
    return variables


class ServiceFunction(FunctionValue):
    """A decision service as a function of its input data and input decisions."""

    __slots__ = ("_part", "_runner", "params", "type")

    def __init__(self, runner: Runner, part: Part) -> None:
        self._runner = runner
        self._part = part
        given = [runner.graph.parts[id_] for id_ in part.given if id_ in runner.graph.parts]
        self.params = tuple(each.variable for each in given)
        result = part.type.resolved() if part.type is not None else ANY
        self.type = FunctionType(
            [each.type or ANY for each in given], result.result if isinstance(result, FunctionType) else result
        )

    def invoke(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
        """Evaluate the service's output decisions with the arguments as its inputs."""
        by_name = dict(zip(named if named is not None else self.params, arguments, strict=False))
        if len(arguments) != len(self.params) or by_name.keys() != set(self.params):
            zh = f"决策服务需要参数（{'，'.join(self.params)}）"
            return run.note(place, "arguments", zh, f"the decision service takes ({', '.join(self.params)})")
        run.enter()
        try:
            given = {id_: by_name[name] for id_, name in zip(self._part.given, self.params, strict=True)}
            return self._runner.service_value(run, self._part, given)
        finally:
            run.calls -= 1

    @property
    def arity(self) -> int:
        """How many inputs it has."""
        return len(self.params)


_VALUES = {
    "inputData": Runner._input,
    "decision": Runner._decision,
    "businessKnowledgeModel": Runner._knowledge,
    "decisionService": Runner._service,
}
