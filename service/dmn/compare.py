"""Runs recorded facts through two versions of a decision and tells whose outcome changed, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.dmn.explanation import Explanation
from service.dmn.model import DecisionModel
from service.dmn.phrases import shown
from service.feel.conversion import to_json
from service.feel.run import NO_FUNCTIONS, Budget, BudgetExceeded
from service.feel.values import FunctionValue, Value

#: steps that one decision may take; one that takes more has the outcome that it was stopped
MAX_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a version came to: a value with its explanation, or the reason why it was stopped."""

    value: Value
    explanation: Explanation | None
    stopped: BudgetExceeded | None = None

    def brief(self, language: str = "zh") -> str:
        """The outcome in a few words."""
        if self.stopped is not None:
            return self.stopped.en if language == "en" else self.stopped.zh
        return shown(self.value, language)

    def text(self, language: str = "zh") -> str:
        """The outcome and why."""
        return self.explanation.text(language) if self.explanation is not None else self.brief(language)


@dataclass(frozen=True, slots=True)
class Change:
    """A fact, by its label, whose outcome the two versions differ in."""

    label: str
    decision: str
    old: Outcome
    new: Outcome

    def row(self, language: str = "zh") -> tuple[str, str, str, str, str, str]:
        """Label, decision, both outcomes in brief, both explanations."""
        old, new = self.old, self.new
        return (
            self.label,
            self.decision,
            old.brief(language),
            new.brief(language),
            old.text(language),
            new.text(language),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many facts were asked, and the changes in their order."""

    asked: int
    changes: tuple[Change, ...]


def compare(
    old: DecisionModel,
    new: DecisionModel,
    facts: Mapping[str, Mapping[str, Value]],
    *,
    decision: str,
    functions: Mapping[str, FunctionValue] = NO_FUNCTIONS,
) -> Comparison:
    """Ask both versions of `decision` about every fact; `facts` are variables by a label, such as a case's number.

    Raises KeyError where a version has no such decision, or calls a function that is not given: its answers at that
    time are not known, so an outcome without them would say nothing.
    """
    for model in (old, new):
        missing = model.decisions[decision].calls - functions.keys()
        if missing:
            raise KeyError(min(missing))
    changes: list[Change] = []
    for label, variables in facts.items():
        before, after = (_value(model, decision, variables, functions) for model in (old, new))
        if not _same(before, after):
            told = (_outcome(model, decision, variables, functions) for model in (old, new))
            changes.append(Change(label, decision, *told))
    return Comparison(len(facts), tuple(changes))


def _value(
    model: DecisionModel, decision: str, variables: Mapping[str, Value], functions: Mapping[str, FunctionValue]
) -> Value:
    try:
        return model.evaluate(decision, variables, functions=functions, budget=Budget(MAX_STEPS))
    except BudgetExceeded as stopped:
        return stopped


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, BudgetExceeded) or isinstance(other, BudgetExceeded):
        return isinstance(one, BudgetExceeded) and isinstance(other, BudgetExceeded)
    try:
        return bool(to_json(one) == to_json(other))  # as an outcome is recorded
    except (TypeError, BudgetExceeded):
        return False


def _outcome(
    model: DecisionModel, decision: str, variables: Mapping[str, Value], functions: Mapping[str, FunctionValue]
) -> Outcome:
    try:
        found = model.explain(decision, variables, functions=functions)
    except BudgetExceeded as stopped:
        return Outcome(None, None, stopped)
    return Outcome(found.value, found)
