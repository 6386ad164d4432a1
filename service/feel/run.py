"""One evaluation: the variables it may read, what it may spend, and what it has to say about nulls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.feel.source import Place

if TYPE_CHECKING:
    from service.feel.values import FunctionValue, Value

MAX_CALLS = 120


class BudgetExceeded(Exception):  # noqa: N818 -- it says what happened, and callers read it so
    """An evaluation that would take too long, grow too large or call itself too deeply; nothing of it is kept."""

    def __init__(self, reason: str = "steps") -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def zh(self) -> str:
        """The reason in Chinese."""
        if self.reason == "depth":
            return "表达式嵌套或函数递归过深，已停止计算。"
        return "表达式计算步数超过上限，已停止计算。"

    @property
    def en(self) -> str:
        """The reason in English."""
        if self.reason == "depth":
            return "The expression nests or calls itself too deeply; evaluation was stopped."
        return "The expression takes more steps than allowed; evaluation was stopped."

    def __str__(self) -> str:
        return self.en


class Budget:
    """How many steps are left; a step is a turn of a loop, a call, an element or 16 characters of a result."""

    __slots__ = ("left",)

    def __init__(self, steps: int = 100_000) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps away; raises BudgetExceeded when none are left."""
        self.left -= steps
        if self.left < 0:
            raise BudgetExceeded


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Why something became null; `origin` names the model element the expression stands in."""

    code: str
    zh: str
    en: str
    line: int
    column: int
    excerpt: str
    origin: str = ""

    def text(self, language: str = "zh") -> str:
        """The diagnostic in one line, with its place."""
        place = f"{self.origin} {self.line}:{self.column}".strip()
        return f"{place} {self.en if language == 'en' else self.zh}"


class Scope:
    """Local names (loop variables, parameters, entries of a context, a row being filtered) and what lies around."""

    __slots__ = ("names", "outer")

    def __init__(self, names: Mapping[str, Any], outer: Scope | None) -> None:
        self.names = names
        self.outer = outer


NO_FUNCTIONS: Mapping[str, FunctionValue] = {}


class Run:
    """What every closure of one evaluation shares."""

    __slots__ = ("budget", "calls", "diagnostics", "functions", "memo", "trace", "variables")

    def __init__(
        self,
        variables: Mapping[str, Value],
        functions: Mapping[str, FunctionValue],
        budget: Budget | None,
        diagnostics: list[Diagnostic] | None,
    ) -> None:
        self.variables = variables
        self.functions = functions
        self.budget = budget if budget is not None else Budget()
        self.diagnostics = diagnostics
        self.calls = 0
        self.memo: dict[Any, Value] | None = None
        self.trace: list[Any] | None = None

    def note(self, place: Place, code: str, zh: str, en: str) -> None:
        """Record why the value at this place is null; returns that null."""
        found = self.diagnostics
        if found is not None and len(found) < 200:
            source = place.source
            found.append(Diagnostic(code, zh, en, place.line, place.column, place.excerpt, source.origin))

    def enter(self) -> None:
        """Count one call of a FEEL function; raises BudgetExceeded where calls nest too deeply."""
        self.budget.spend()
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise BudgetExceeded("depth")
