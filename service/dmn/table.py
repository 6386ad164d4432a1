"""A decision table: which rules match, which cells failed, and the closure that finds out fast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from service.dmn.conditions import compared_with
from service.dmn.hit_policies import decided, no_hit
from service.dmn.index import index_of
from service.feel import syntax as s
from service.feel.closures import Compile, Evaluate, Static, TestValue
from service.feel.compiler import compile_cell
from service.feel.nodes.reading import convert_noting
from service.feel.reads import NOTHING, Locals, Reader, Shape
from service.feel.run import Run, Scope
from service.feel.types import FeelType
from service.feel.values import Value

Cell = tuple[tuple[s.UnaryTest, ...], bool] | None


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions; `allowed` are the values the model admits there, `type` is for what cells are offered."""

    label: str
    text: str
    expression: s.Node
    allowed: Cell
    type: FeelType | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results; `values` in order of priority, the first counts most."""

    name: str
    label: str
    type: FeelType | None
    values: tuple[s.Node, ...]
    default: s.Node | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row; `note` is what its annotations and description say, the article of the notice for one."""

    id: str
    cells: tuple[Cell, ...]
    texts: tuple[str, ...]
    results: tuple[s.Node, ...]
    note: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class CellSeen:
    """What a cell said of its value when a decision is explained; `limits` are the values its tests compared with."""

    input: int
    value: Value
    passed: bool | None
    limits: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class TableSeen:
    """All that happened in a table when a decision is explained."""

    table: DecisionTable
    values: tuple[Value, ...]
    rules: tuple[tuple[CellSeen, ...], ...]  # the cells of each rule that test something
    value: Value


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to run: the cells that test something, by column, and its results."""

    tests: tuple[tuple[int, TestValue], ...]
    results: tuple[Evaluate, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable(s.Foreign):
    """A decision table as a node of a FEEL expression."""

    id: str
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    line: int = 0

    def compiled(self, compile_node: Compile, static: Static) -> Evaluate:
        """The closure that evaluates the table."""
        return CompiledTable(self, compile_node, static).evaluate

    def read(self, reader: Reader, names: Locals) -> Shape:
        """Every input is used; cells and results may read more."""
        for column in self.inputs:
            reader.use(column.expression, names)
            _read_cell(reader, column.allowed, names)
        for rule in self.rules:
            for cell in rule.cells:
                _read_cell(reader, cell, names)
            for result in rule.results:
                reader.use(result, names)
        for output in self.outputs:
            for node in (*output.values, *([output.default] if output.default is not None else [])):
                reader.use(node, names)
        return NOTHING


def _read_cell(reader: Reader, cell: Cell, names: Locals) -> None:
    for test in cell[0] if cell else ():
        reader.use(test, names)


class CompiledTable:
    """The closures of a table and the way through them."""

    def __init__(self, table: DecisionTable, compile_node: Compile, static: Static) -> None:
        self.table = table
        self._compile, self._asking = compile_node, static.binding("?")
        self.inputs = [compile_node(column.expression, static) for column in table.inputs]
        self.allowed = [
            (index, compile_cell(column.allowed, static))
            for index, column in enumerate(table.inputs)
            if column.allowed is not None
        ]
        self.rules = [_compiled_rule(rule, compile_node, static) for rule in table.rules]
        self.plan = [(rule.tests, rule) for rule in self.rules]
        self.index = index_of([rule.cells for rule in table.rules], self.plan)
        self.defaults = [
            None if output.default is None else compile_node(output.default, static) for output in table.outputs
        ]
        self.priorities = [[compile_node(node, static) for node in output.values] for output in table.outputs]
        self.first_only = table.policy == "FIRST"

    @cached_property
    def limits(self) -> list[dict[int, tuple[Evaluate, ...]]]:
        """For each rule what its cells compare with, by column; only an explanation asks."""
        return [
            {
                index: tuple(compared_with(test, self._compile, self._asking) for test in cell[0])
                for index, cell in enumerate(rule.cells)
                if cell is not None
            }
            for rule in self.table.rules
        ]

    def evaluate(self, run: Run, scope: Scope | None) -> Value:
        """The table's value by its hit policy; null with a diagnostic where it cannot be said."""
        if run.trace is not None:
            return self._traced(run, scope)
        values = [read(run, scope) for read in self.inputs]
        if self.allowed and not self._all_allowed(run, scope, values):
            return None
        found = None
        if self.index is not None and run.diagnostics is None:  # who asks for diagnostics hears of every cell
            found = self.index.candidates(values[self.index.column])
        plan = self.plan if found is None else found
        run.budget.spend(len(plan))
        hits: list[CompiledRule] = []
        for tests, rule in plan:
            for index, test in tests:
                if test(run, scope, values[index]) is not True:
                    break
            else:
                hits.append(rule)
                if self.first_only:
                    break
        return self._decided(run, scope, hits)

    def _all_allowed(self, run: Run, scope: Scope | None, values: list[Value]) -> bool:
        for index, test in self.allowed:
            if test(run, scope, values[index]) is not True:
                label = self.table.inputs[index].label
                zh, en = f"“{label}”的值不在允许值之中", f"the value of “{label}” is not among the allowed values"
                run.note(self.table.place, "not-allowed", zh, en)
                return False
        return True

    def _decided(self, run: Run, scope: Scope | None, hits: list[CompiledRule]) -> Value:
        table = self.table
        if not hits:
            if any(default is not None for default in self.defaults):
                return self._row([None if each is None else each(run, scope) for each in self.defaults])
            return no_hit(run, table)
        if len(hits) > 1 and table.policy == "UNIQUE":
            numbers = "、".join(str(self.rules.index(hit) + 1) for hit in hits)
            zh, en = (
                f"命中策略为“唯一”，但规则 {numbers} 同时命中",
                f"the hit policy is UNIQUE, but rules {numbers} match",
            )
            return run.note(table.place, "several-hits", zh, en)
        rows = [self._results(run, scope, hit) for hit in hits]
        ranks = None
        if table.policy in ("PRIORITY", "OUTPUT ORDER"):
            ranks = [[value(run, scope) for value in values] for values in self.priorities]
        return decided(run, table, rows, ranks)

    def _results(self, run: Run, scope: Scope | None, rule: CompiledRule) -> Value:
        found: list[Value] = []
        for output, result in zip(self.table.outputs, rule.results, strict=False):
            value = result(run, scope)
            found.append(value if output.type is None else convert_noting(run, value, output.type, self.table.place))
        return self._row(found)

    def _row(self, values: list[Value]) -> Value:
        if len(self.table.outputs) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.table.outputs, values, strict=False)}

    def _traced(self, run: Run, scope: Scope | None) -> Value:
        """The same, every cell asked and the answers kept."""
        values = [read(run, scope) for read in self.inputs]
        seen: list[tuple[CellSeen, ...]] = []
        hits: list[CompiledRule] = []
        run.budget.spend(len(self.plan))
        for rule, limits in zip(self.rules, self.limits, strict=True):
            cells = tuple(
                CellSeen(
                    index,
                    values[index],
                    test(run, scope, values[index]),
                    tuple(limit(run, Scope({"?": values[index]}, scope)) for limit in limits[index]),
                )
                for index, test in rule.tests
            )
            seen.append(cells)
            if all(cell.passed is True for cell in cells):
                hits.append(rule)
        allowed = not self.allowed or self._all_allowed(run, scope, values)
        value = self._decided(run, scope, hits[:1] if self.first_only else hits) if allowed else None
        if run.trace is not None:
            run.trace.append(TableSeen(self.table, tuple(values), tuple(seen), value))
        return value


def _compiled_rule(rule: Rule, compile_node: Compile, static: Static) -> CompiledRule:
    cells = [(index, cell) for index, cell in enumerate(rule.cells) if cell is not None]
    tests = tuple((index, compile_cell(cell, static)) for index, cell in cells)
    return CompiledRule(tests, tuple(compile_node(result, static) for result in rule.results))
