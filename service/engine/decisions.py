"""Carrying out a business rule task: the decision's value, and what it read, for the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.domain.errors import Refusal
from service.engine.expressions import GIVEN, storable
from service.engine.incidents import Stuck
from service.engine.scopes import chain
from service.feel import BudgetExceeded, to_json

if TYPE_CHECKING:
    from service.engine.spiff import Token


@dataclass(frozen=True, slots=True)
class DecisionTaken:
    """A decision was made: `variables_read` is enough to explain it again, `digest` says by which version."""

    element: str
    decision: str
    value: Any
    variables_read: dict[str, Any]
    digest: str


def decide(token: Token) -> DecisionTaken:
    """Evaluate the decision of a rule task over the variables it sees. Raises Stuck."""
    top, id_ = token.workflow.top, token.task_spec.node.called or ""
    evaluation, scopes = top.evaluation, chain(token)
    model = top.bundle.decisions[id_]
    try:
        known = evaluation.names(scopes)
        found = model.evaluate(id_, known, functions=evaluation.functions, budget=evaluation.budget())
        value = storable(to_json(found))
    except Refusal as refusal:
        raise Stuck("decision", decision=id_, zh=refusal.text("zh"), en=refusal.text("en")) from None
    except BudgetExceeded as error:
        raise Stuck("decision", decision=id_, zh=error.zh, en=error.en) from None
    except (TypeError, ValueError, OverflowError) as error:
        raise Stuck("decision", decision=id_, zh=str(error), en=str(error)) from None
    decision = model.decisions[id_]
    read = {
        name: next(scope[name] for scope in scopes if name in scope)
        for name in sorted(decision.inputs)
        if name not in GIVEN and any(name in scope for scope in scopes)
    }
    given: dict[str, Mapping[str, Any]] = {"case": evaluation.case.view, "lookup": evaluation.case.lookup}
    for name in GIVEN:
        part = pruned(given[name], (path[1:] for path in decision.paths if path[0] == name))
        if part:
            read[name] = part
    return DecisionTaken(token.task_spec.node.id, id_, value, read, model.digest)


def pruned(view: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """The part of a view that the paths reach; a path that meets a list or a value takes all of it."""
    out: dict[str, Any] = {}
    for path in sorted(paths):
        source: Any = view
        target = out
        for index, part in enumerate(path):
            if not isinstance(source, Mapping) or part not in source:
                break
            source = source[part]
            if index == len(path) - 1 or not isinstance(source, Mapping):
                target[part] = source
                break
            below = target.setdefault(part, {})
            if below is source:  # a shorter path has taken the whole
                break
            target = below
    return out
