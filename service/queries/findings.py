"""What the rules found in a case when they were asked last: each finding with its code, article and level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.domain.errors import Refusal
from service.feel import BudgetExceeded, from_json, to_json
from service.programmes.case_values import read_case
from service.programmes.compiled import CompiledProgramme
from service.store import audit
from service.store.case_json import snake
from service.store.cases import Case

SUFFIX = "findings"
#: the findings about a declaration itself, which its applicant may read
OF_DECLARATION = "declaration_findings"
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


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings, the worst first; `asked` says whether any rule was asked, for “nothing found” is a result too."""

    rows: tuple[Finding, ...]
    asked: bool


def findings(session: Session, case_id: int, *, outside: bool) -> Findings:
    """The last findings of every decision whose id ends with `findings`; an outsider's only of the declaration."""
    values = {
        decision: value
        for decision, value in audit.decisions_of(session, case_id).items()
        if decision.endswith(SUFFIX) and (not outside or decision == OF_DECLARATION)
    }
    unique = {(one.code, one.title): one for value in values.values() for one in _rows(value)}
    rows = sorted(unique.values(), key=lambda one: ORDER.index(one.level))
    return Findings(tuple(rows), bool(values))


def of_draft(
    session: Session, case: Case, form: str, data: Mapping[str, Any], *, programme: CompiledProgramme, now: datetime
) -> Findings:
    """What the programme's own decision would find if this were submitted now; nothing is decided or kept by it.

    The decision is the one named like the form (`declaration_findings`); none asked, where there is none or it cannot
    be worked out yet from what is filled in.
    """
    name = snake(form)
    id_ = f"{name}_{SUFFIX}"
    model = programme.decisions.get(id_)
    if model is None:
        return Findings((), asked=False)
    reading = read_case(session, case, programme, now=now, paths=model.decisions[id_].paths)
    known = from_json({**reading.variables, "case": {**reading.view, name: dict(data)}})
    try:
        value = to_json(model.evaluate(id_, known, functions=reading.functions))
    except (Refusal, BudgetExceeded, TypeError, ValueError, OverflowError):
        return Findings((), asked=False)
    rows = {(one.code, one.title): one for one in _rows(value)}
    return Findings(tuple(sorted(rows.values(), key=lambda one: ORDER.index(one.level))), asked=True)


def _rows(value: Any) -> Iterator[Finding]:
    for row in value if isinstance(value, list) else [value]:
        title = str(row.get("message") or row.get("title") or "") if isinstance(row, Mapping) else ""
        if title:
            level = LEVELS.get(str(row.get("severity") or row.get("level") or "fail"), "warn")
            detail = row.get("detail") or row.get("text") or ""
            yield Finding(level, title, str(row.get("article") or ""), str(row.get("code") or ""), str(detail))
