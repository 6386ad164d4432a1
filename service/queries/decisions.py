"""Tries a published decision out with given variables, and says which rules matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.errors import InvalidInput
from service.feel import BudgetExceeded, from_json
from service.programmes.compiled import compiled_of
from service.programmes.functions import CaseTimes, Parties, functions
from service.queries.definitions import DefinitionRow
from service.store import calendars


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule of a table whose conditions all held; `number` counts from 1."""

    id: str
    number: int


@dataclass(frozen=True, slots=True)
class TriedInput:
    """What one column of a table asked, and the value it found."""

    expression: str
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class TriedDecision:
    """One decision that was taken on the way."""

    name: str
    title: str
    value: Any
    is_table: bool
    matched: tuple[MatchedRule, ...]
    inputs: tuple[TriedInput, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """The value, and every decision behind it, what was required first."""

    value: Any
    decisions: tuple[TriedDecision, ...]


def try_out(session: Session, row: DefinitionRow, variables: Mapping[str, Any], now: datetime) -> Trial:
    """Evaluate a decision outside any case: dates are reckoned by the calendar, but nothing has a deadline or groups.

    Raises InvalidInput where the variables cannot be FEEL values, or the evaluation takes more than its budget.
    """
    programme = compiled_of(session, row.deployment_id)
    outside = functions(programme.manifest, calendars.load(session), CaseTimes(), Parties(), now)
    try:
        given = {name: from_json(value) for name, value in variables.items()}
        found = programme.decisions[row.name].explain(row.name, given, functions=outside)
    except BudgetExceeded as error:
        raise InvalidInput(field="variables", zh=error.zh, en=error.en) from None
    except (TypeError, ValueError) as error:
        raise InvalidInput(field="variables", zh="有无法使用的值", en=f"cannot be used: {error}") from None
    return Trial(found.tree["value"], tuple(_decisions(found.tree)))


def _decisions(tree: Mapping[str, Any]) -> Iterator[TriedDecision]:
    for inner in tree.get("requires", ()):
        yield from _decisions(inner)
    tables = tree.get("tables", ())
    matched = [rule for table in tables for rule in table["rules"] if rule["matched"]]
    yield TriedDecision(
        name=tree.get("decision", ""),
        title=tree.get("name", ""),
        value=tree.get("value"),
        is_table=bool(tables),
        matched=tuple(MatchedRule(str(rule.get("id") or ""), int(rule["number"])) for rule in matched),
        inputs=tuple(
            TriedInput(column["expression"], column["label"] or column["expression"], column["value"])
            for table in tables
            for column in table["inputs"]
        ),
    )
