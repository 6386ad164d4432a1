"""What the rules found in a case when they were asked last: each finding with its code, article and level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.store import audit

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


def _rows(value: Any) -> Iterator[Finding]:
    for row in value if isinstance(value, list) else [value]:
        title = str(row.get("message") or row.get("title") or "") if isinstance(row, Mapping) else ""
        if title:
            level = LEVELS.get(str(row.get("severity") or row.get("level") or "fail"), "warn")
            detail = row.get("detail") or row.get("text") or ""
            yield Finding(level, title, str(row.get("article") or ""), str(row.get("code") or ""), str(detail))
