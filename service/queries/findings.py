"""What the rules find in a case as it stands now: the rows of each findings decision, with code and article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.feel import from_json
from service.programmes.case_values import CaseReading

SUFFIX = "findings"
LEVELS = {"fail": "fail", "exc": "exc", "exception": "exc", "warn": "warn", "warning": "warn", "pass": "pass"}
ORDER = ("fail", "exc", "warn", "pass")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule says, in the words of the decision table."""

    level: str
    title: str
    article: str
    code: str
    text: str = ""


def findings(reading: CaseReading, only: str = "") -> tuple[Finding, ...]:
    """The findings of every decision named so in the programme, the worst first.

    A decision that cannot say anything yet (its forms are not submitted) has no rows; `only` narrows them to one
    decision id.
    """
    found: list[Finding] = []
    variables = {"case": from_json(dict(reading.view)), "lookup": from_json(dict(reading.lookup))}
    for decision_id, model in reading.programme.decisions.items():
        if decision_id.endswith(SUFFIX) and only in ("", decision_id):
            found.extend(_rows(model.evaluate(decision_id, variables, functions=reading.functions)))
    unique = {(one.code, one.title): one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: ORDER.index(one.level)))


def _rows(value: Any) -> Iterator[Finding]:
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        title = str(row.get("message") or row.get("title") or "")
        if title:
            level = LEVELS.get(str(row.get("severity") or row.get("level") or "fail"), "warn")
            yield Finding(level, title, str(row.get("article") or ""), str(row.get("code") or ""), _text(row))


def _text(row: Mapping[str, Any]) -> str:
    detail = row.get("detail") or row.get("text")
    return str(detail) if detail is not None else ""
