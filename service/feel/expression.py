"""Compiled expressions and unary tests, the form in which the rest of the project meets FEEL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from service.feel.builtins import SPACED_NAMES
from service.feel.closures import Evaluate, Static, TestValue
from service.feel.compiler import compile_cell, compile_node
from service.feel.names import KnownNames
from service.feel.parser import parse, parse_tests
from service.feel.reads import NOTHING, Locals, Reader, StaticPath
from service.feel.run import NO_FUNCTIONS, Budget, BudgetExceeded, Diagnostic, Run
from service.feel.source import FeelSyntaxError, Source
from service.feel.syntax import Node
from service.feel.values import FunctionValue, Value


class Expression:
    """A compiled expression.

    `names` are the root names it may read, called functions included, built-in ones not; those in `ambiguous` stand
    in a filter and may be members of its rows instead. `paths` are the static paths it reads, such as
    `("case", "declaration", "core_name")`: everything at or below them; the last parts may name a part of a date.
    """

    __slots__ = ("_evaluate", "ambiguous", "names", "paths", "text")

    def __init__(self, text: str, evaluate: Evaluate, reader: Reader) -> None:
        self.text = text
        self._evaluate = evaluate
        self.names: frozenset[str] = reader.names
        self.ambiguous: frozenset[str] = frozenset(reader.possible - reader.certain)
        self.paths: frozenset[StaticPath] = reader.paths

    def evaluate(
        self,
        variables: Mapping[str, Value],
        *,
        functions: Mapping[str, FunctionValue] = NO_FUNCTIONS,
        budget: Budget | None = None,
        diagnostics: list[Diagnostic] | None = None,
    ) -> Value:
        """The value. What fails is null, and `diagnostics` then says why; raises BudgetExceeded."""
        try:
            return self._evaluate(Run(variables, functions, budget, diagnostics), None)
        except RecursionError:
            raise BudgetExceeded("depth") from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """A compiled cell of a decision table; `names`, `ambiguous` and `paths` as of an Expression, `?` left out."""

    __slots__ = ("_test", "ambiguous", "names", "paths", "text")

    def __init__(self, text: str, test: TestValue, reader: Reader) -> None:
        self.text = text
        self._test = test
        self.names: frozenset[str] = reader.names
        self.ambiguous: frozenset[str] = frozenset(reader.possible - reader.certain)
        self.paths: frozenset[StaticPath] = reader.paths

    def test(
        self,
        value: Value,
        variables: Mapping[str, Value],
        *,
        functions: Mapping[str, FunctionValue] = NO_FUNCTIONS,
        budget: Budget | None = None,
        diagnostics: list[Diagnostic] | None = None,
    ) -> bool | None:
        """Whether the value passes; null where that cannot be said, as when kinds do not compare."""
        try:
            return self._test(Run(variables, functions, budget, diagnostics), None, value)
        except RecursionError:
            raise BudgetExceeded("depth") from None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


@lru_cache(maxsize=256)
def _known(names: frozenset[str]) -> KnownNames:
    return KnownNames([*SPACED_NAMES, *names])


def too_deep() -> FeelSyntaxError:
    """The error of a text so deep that reading it would overflow the stack of the caller."""
    zh, en = "表达式嵌套过深，请拆成几步。", "the expression nests too deeply, split it into steps."
    return FeelSyntaxError(1, 1, zh, en)


def compile_expression(text: str, *, names: Iterable[str] = ()) -> Expression:
    """Compile an expression; `names` are variables and functions to be known because they hold blanks or signs.

    Raises FeelSyntaxError.

    >>> compile_expression('case.core_share >= 0.6').paths
    frozenset({('case', 'core_share')})
    """
    declared = frozenset(names)
    try:
        node: Node = parse(Source(text), _known(declared), {})
        evaluate = compile_node(node, Static())
        reader = Reader(declared)
        reader.use(node, Locals())
    except RecursionError:
        raise too_deep() from None
    return Expression(text, evaluate, reader)


def compile_unary_tests(text: str, *, names: Iterable[str] = ()) -> UnaryTests:
    """Compile a cell such as `[10..20]`, `"a", "b"`, `not("x")`, `>= limit`, `? > 3 and ? < 9` or `-`.

    Raises FeelSyntaxError.
    """
    declared = frozenset(names)
    reader = Reader(declared)
    try:
        parsed = parse_tests(Source(text), _known(declared), {})
        test = compile_cell(parsed, Static())
        for part in parsed[0] if parsed else ():
            reader.use(part, Locals({"?": NOTHING}))
    except RecursionError:
        raise too_deep() from None
    return UnaryTests(text, test, reader)
