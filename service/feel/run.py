"""One evaluation: the variables it may read, what it may spend, and what it has to say about nulls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.feel.source import Place

if TYPE_CHECKING:
    from service.feel.values import FunctionValue, Value

MAX_CALLS = 120
STEPS_PER_LOOK = 1_000

_REASONS = {
    "steps": (
        "表达式计算步数超过上限，已停止计算。",
        "The expression takes more steps than allowed; evaluation was stopped.",
    ),
    "time": (
        "表达式计算超过限定时间，已停止计算。",
        "The expression takes longer than allowed; evaluation was stopped.",
    ),
    "depth": (
        "表达式嵌套或函数递归过深，已停止计算。",
        "The expression nests or calls itself too deeply; evaluation was stopped.",
    ),
    "size": (
        "结果的组成部分超过上限，无法写出。",
        "The result has more parts than may be written down.",
    ),
}


class BudgetExceeded(Exception):  # noqa: N818 -- it says what happened, and callers read it so
    """An evaluation that would take too long, grow too large or call itself too deeply; nothing of it is kept.

    `reason` is one of steps, time, depth and size.
    """

    def __init__(self, reason: str = "steps") -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def zh(self) -> str:
        """The reason in Chinese."""
        return _REASONS[self.reason][0]

    @property
    def en(self) -> str:
        """The reason in English."""
        return _REASONS[self.reason][1]

    def __str__(self) -> str:
        return self.en


class Budget:
    """How many steps are left; a step is a turn of a loop, a call, an element or 16 characters gone through or made.

    A caller that also has a clock gives it with the reading at which to stop; it is asked once in STEPS_PER_LOOK steps.
    """

    __slots__ = ("_clock", "_deadline", "_look_at", "_reason", "left")

    def __init__(
        self,
        steps: int = 100_000,
        *,
        clock: Callable[[], float] | None = None,
        deadline: float = 0.0,
        reason: str = "steps",
    ) -> None:
        self.left = steps
        self._reason = reason
        self._clock = clock
        self._deadline = deadline
        self._look_at = 0 if clock is None else steps

    def spend(self, steps: int = 1) -> None:
        """Take steps away; raises BudgetExceeded when none, or no time, is left."""
        self.left -= steps
        if self.left < self._look_at:
            self._look()

    def _look(self) -> None:
        if self.left < 0:
            raise BudgetExceeded(self._reason)
        if self._clock is not None:
            if self._clock() >= self._deadline:
                raise BudgetExceeded("time")
            self._look_at = max(0, self.left - STEPS_PER_LOOK)


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
