"""FEEL as forms use it: `=expression`, conditions with form-js's meaning, and the names that a row can see.

The only module of the room that imports `service.feel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from service.feel import (
    Budget,
    BudgetExceeded,
    Expression,
    FeelSyntaxError,
    Function,
    YearsMonths,
    compile_expression,
    from_json,
    to_text,
)
from service.forms.limits import STEPS
from service.forms.places import Path, clear

__all__ = [
    "Evaluator",
    "FeelSyntaxError",
    "Formulas",
    "Function",
    "Scope",
    "Variables",
    "is_formula",
    "own_names",
    "row_scope",
]

SPECIAL = ("this", "parent", "i", "_this_", "_parent_", "_i_")
VARIABLES = ("case", "lookup", "task")


def is_formula(value: object) -> bool:
    """Whether a text of the model is FEEL."""
    return isinstance(value, str) and value.startswith("=")


class Formulas:
    """The compiled expressions of one form; the parser must know the names of the registered `functions`."""

    def __init__(self, functions: Iterable[str] = ()) -> None:
        self.functions = frozenset(functions)
        self._compiled: dict[str, Expression] = {}

    def __getitem__(self, text: str) -> Expression:
        """The expression `=text`. Raises FeelSyntaxError."""
        found = self._compiled.get(text)
        if found is None:
            found = self._compiled[text] = compile_expression(text.removeprefix("="), names=self.functions)
        return found


class Scope(Mapping[str, Any]):
    """Names laid over other names; looked up one by one, so that what nobody reads is never converted."""

    __slots__ = ("beneath", "own")

    def __init__(self, own: Mapping[str, Any], beneath: Mapping[str, Any]) -> None:
        self.own = own
        self.beneath = beneath

    def __getitem__(self, name: str) -> Any:
        if name in self.own:
            return self.own[name]
        return self.beneath[name]

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.beneath

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from (name for name in self.beneath if name not in self.own)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Variables(Mapping[str, Any]):
    """Variables given as JSON, read as FEEL values: each, and each member of one, is converted when it is first read.

    Whoever draws several forms of one case gives each the same, where need be beneath others of its own.
    """

    __slots__ = ("_beneath", "_converted", "_given")

    def __init__(self, given: Mapping[str, Any], beneath: Variables | None = None) -> None:
        self._given = given
        self._beneath: Mapping[str, Any] = beneath if beneath is not None else {}
        self._converted: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._given:
            return self._beneath[name]
        if name not in self._converted:
            given = self._given[name]
            self._converted[name] = Variables(given) if isinstance(given, Mapping) else from_json(given)
        return self._converted[name]

    def __contains__(self, name: object) -> bool:
        return name in self._given or name in self._beneath

    def __iter__(self) -> Iterator[str]:
        return iter({**self._beneath, **self._given})

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Evaluator:
    """FEEL for one request: its variables, its functions and one budget for everything it evaluates.

    What fails is null, as in form-js. `exhausted` is set when the budget ran out: a submission judged with half of its
    conditions unknown must be refused, never accepted.
    """

    def __init__(
        self, formulas: Formulas, variables: Mapping[str, Any], functions: Mapping[str, Function], steps: int = STEPS
    ) -> None:
        self.formulas = formulas
        self.functions = functions
        self.variables = variables if isinstance(variables, Variables) else Variables(variables)
        self.exhausted = False
        self._budget = Budget(steps)

    def value(self, text: str, scope: Mapping[str, Any]) -> Any:
        """The FEEL value of `=text`; null for what does not parse (refused at deployment) or is too much work."""
        if self.exhausted or not is_formula(text):
            return None
        try:
            return self.formulas[text].evaluate(scope, functions=self.functions, budget=self._budget)
        except BudgetExceeded:
            self.exhausted = True
            return None
        except FeelSyntaxError:
            return None

    def holds(self, condition: str | bool, scope: Mapping[str, Any]) -> bool:
        """A hide or readonly condition, with form-js's meaning: a unary test against null, so true and null both hold.

        `=a > 3` therefore hides while `a` is empty, and `=not(a > 3)` then shows: an outer not() negates the test.
        """
        if isinstance(condition, bool):
            return condition
        if not is_formula(condition):
            return False
        inner = _inside_not(condition)
        result = self.value("=" + inner if inner is not None else condition, scope)
        tested = result is True or result is None
        return not tested if inner is not None else tested

    def root(self, data: Mapping[str, Any], *, without: Iterable[Path] = ()) -> Scope:
        """What a formula outside all lists sees: the form's data by name, `this`, and the task's variables beneath."""
        values = from_json(data)
        for path in without:
            clear(values, path)
        special = own_names(values, None, [])
        return Scope(special, Scope(values, self.variables))


def own_names(this: Any, parent: Any, numbers: list[Decimal]) -> dict[str, Any]:
    """The names that say where one stands."""
    special: dict[str, Any] = {"this": this, "parent": parent, "i": numbers}
    return special | {f"_{name}_": value for name, value in special.items()}


def row_scope(outer: Scope, row: Any, number: int) -> Scope:
    """What a formula in row `number` (from 1) of a list sees; `parent` is the outer row with its this, parent, i."""
    above = {name: outer.own[name] for name in ("this", "parent", "i")}
    around = outer.own["this"]
    parent = above | around if isinstance(around, dict) else above
    numbers = [*outer.own["i"], Decimal(number)]
    return Scope(own_names(row, parent, numbers), outer.beneath)


def plain(value: Any) -> Any:
    """A FEEL value as data of a form: whole numbers as int, others as Decimal, dates as ISO text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        whole = value.is_finite() and abs(value) < 10**15 and value == value.to_integral_value()
        return int(value) if whole else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return text_of(value) if isinstance(value, date | time | timedelta | YearsMonths) else None


def text_of(value: Any) -> str:
    """A FEEL value as a person reads it; null is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else to_text(value)


@lru_cache(maxsize=4096)
def _inside_not(condition: str) -> str | None:
    """The test inside `=not(…)`, when that not() spans the whole condition."""
    body = condition[1:].strip()
    match = re.match(r"not\s*\(", body)
    if match is None:
        return None
    depth, quoted = 1, False
    for at in range(match.end(), len(body)):
        character = body[at]
        if character == '"' and body[at - 1] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return body[match.end() : at] if at == len(body) - 1 else None
    return None
