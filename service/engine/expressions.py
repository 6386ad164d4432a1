"""FEEL for the engine: compiled once per bundle, evaluated over JSON variables that convert when first used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.errors import Refusal
from service.engine.incidents import Stuck
from service.engine.limits import NESTING, SECONDS
from service.feel import (
    Budget,
    BudgetExceeded,
    Expression,
    FeelSyntaxError,
    Function,
    compile_expression,
    from_json,
    to_json,
    to_text,
)

LOCAL = ZoneInfo("Asia/Shanghai")  # the zone in which `today()` is a date
GIVEN = ("case", "lookup")  # names that FEEL finds after the process variables
EXACT = 2**53
Chain = list[dict[str, Any]]

__all__ = ["GIVEN", "CaseValues", "Chain", "Evaluation", "Expressions", "FeelSyntaxError", "Names", "to_text"]


@dataclass(frozen=True, slots=True)
class CaseValues:
    """What FEEL may ask besides the process variables: `case` and `lookup` (JSON) and the registered functions."""

    view: Mapping[str, Any] = field(default_factory=dict)
    lookup: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)


class Expressions:
    """The compiled expressions of one bundle, by their text (which begins with `=`)."""

    def __init__(self, functions: Iterable[str] = ()) -> None:
        self.functions = frozenset(functions)
        self._compiled: dict[str, Expression] = {}

    def add(self, text: str) -> Expression:
        """Compile `=expression`, once. Raises FeelSyntaxError."""
        found = self._compiled.get(text)
        if found is None:
            found = self._compiled[text] = compile_expression(text[1:].strip(), names=self.functions)
        return found

    def __getitem__(self, text: str) -> Expression:
        return self._compiled[text]

    def __contains__(self, text: str) -> bool:
        return text in self._compiled


class Names(Mapping[str, Any]):
    """The names of one evaluation: variable scopes from the inside out, then `case` and `lookup`; FEEL values."""

    __slots__ = ("_around", "_chain", "_found", "missing")

    def __init__(self, chain: Chain, around: _Around) -> None:
        self._chain, self._around = chain, around
        self._found: dict[str, Any] = {}
        self.missing: list[str] = []  # names that are not set or null, for messages

    def __getitem__(self, name: str) -> Any:
        found = self._found
        if name in found:
            return found[name]
        for scope in self._chain:
            if name in scope:
                value = found[name] = from_json(scope[name])
                break
        else:
            value = self._outside(name)
        if value is None:
            self.missing.append(name)
        return value

    def _outside(self, name: str) -> Any:
        if name in GIVEN:
            return self._around[name]
        if name not in self._around.functions:
            self.missing.append(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(GIVEN), **dict.fromkeys(name for scope in self._chain for name in scope)})

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in GIVEN or any(name in scope for scope in self._chain)


class _Around:
    """`case` and `lookup` as FEEL values, converted at most once in a call of `apply`."""

    def __init__(self, case: CaseValues, functions: Mapping[str, Function]) -> None:
        self._json = {"case": case.view, "lookup": case.lookup}
        self._values: dict[str, Any] = {}
        self.functions = functions

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = from_json(self._json[name])
        return self._values[name]


def storable(value: Any, level: int = 0) -> Any:
    """The JSON as it can be stored: numbers are doubles beyond 2^53, as in Camunda 8. Raises ValueError."""
    if level > NESTING:
        raise ValueError(f"nested deeper than {NESTING} levels")
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        value.encode()  # lone surrogates cannot be stored
        return value
    if kind is int:
        return value if abs(value) < EXACT else storable(float(value))
    if kind is float:
        if not isfinite(value):
            raise ValueError("the number is too large")
        return value
    if kind is list:
        return [storable(part, level + 1) for part in value]
    return {name: storable(part, level + 1) for name, part in value.items()}


class Evaluation:
    """Everything one call of `apply` needs to evaluate expressions."""

    def __init__(
        self, expressions: Expressions, case: CaseValues, at: datetime, clock: Callable[[], float] | None = None
    ) -> None:
        self.expressions, self.case, self.at, self._clock = expressions, case, at, clock
        self.functions = {**case.functions, "now": Function((), self.now), "today": Function((), self.today)}
        self._around = _Around(case, self.functions)

    def now(self) -> datetime:
        """The instant of the call, in China, with an offset as Camunda 8 writes it."""
        return self.at.astimezone(timezone(self.at.astimezone(LOCAL).utcoffset() or timedelta()))

    def today(self) -> date:
        """The date in China at the instant of the call."""
        return self.now().date()

    def budget(self) -> Budget:
        """What one expression or decision may spend: steps, and the seconds that the act has left."""
        return Budget(clock=self._clock, deadline=SECONDS)

    def names(self, chain: Chain) -> Names:
        """The names that an expression with these scopes sees."""
        return Names(chain, self._around)

    def value(self, text: str, chain: Chain) -> Any:
        """The FEEL value of `=expression`; other text stands for itself. Raises Stuck."""
        return self._run(text, self.names(chain)) if text.startswith("=") else text

    def json(self, text: str, chain: Chain) -> Any:
        """The value as a variable may hold it. Raises Stuck."""
        value = self.value(text, chain)
        try:
            return storable(to_json(value))
        except (TypeError, ValueError, OverflowError, BudgetExceeded) as error:
            raise Stuck("not-storable", text=text, why=str(error)) from None

    def truth(self, text: str, chain: Chain) -> bool:
        """A condition, which must be true or false: null is an incident, never a silent "no". Raises Stuck."""
        names = self.names(chain)
        value = self._run(text, names)
        if value is True or value is False:
            return value
        absent = "、".join(dict.fromkeys(names.missing))
        raise Stuck(
            "condition",
            text=text,
            value=to_text(value),
            missing_zh=f"；没有值：{absent}" if absent else "",
            missing_en=f"; not set or null: {absent}" if absent else "",
        )

    def _run(self, text: str, names: Names) -> Any:
        try:
            return self.expressions[text].evaluate(names, functions=self.functions, budget=self.budget())
        except BudgetExceeded as error:
            raise Stuck("evaluation", text=text, zh=error.zh, en=error.en) from None
        except Refusal as refusal:  # a registered function says why it has no answer, e.g. a year without a calendar
            raise Stuck("evaluation", text=text, zh=refusal.text("zh"), en=refusal.text("en")) from None
