"""Two versions of decisions asked about the same facts; both from files, or from deployments and the audit trail."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.dmn import Change, Comparison, DecisionModel, compare
from service.domain.calendar import Calendar
from service.domain.errors import DeploymentRefused, InvalidInput, Language
from service.domain.written import written
from service.feel import from_json
from service.feel.values import number
from service.programmes.compiled import read_decisions
from service.programmes.functions import functions_of_no_case
from service.store import audit, calendars, deployments
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.deployments import Deployment

#: of the recorded decisions the newest; of a file all must fit
MOST_FACTS = 20_000
LEAST_DIGEST = 6
# without a database there is no calendar: what counts working days then says that the year is missing
_FUNCTIONS = functions_of_no_case(Calendar([]))
Version = Mapping[str, DecisionModel]  # by decision id
Facts = dict[str, Any]
"""Variables by a label that says which case or line they are of."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What was compared, decision by decision; `not_in_both` are decisions that only one version has."""

    comparisons: Mapping[str, Comparison]
    not_in_both: tuple[str, ...]

    @property
    def changes(self) -> list[Change]:
        """All changed outcomes."""
        return [change for one in self.comparisons.values() for change in one.changes]


def is_file(path: Path) -> bool:
    """Whether a version is meant to be a file, and not the digest of a deployment."""
    return path.suffix == ".dmn" or path.is_file()


def version_of(session: Session | None, path: Path) -> Version:
    """The decisions of a `.dmn` file or, where there is none, of the deployment with this digest.

    Raises InvalidInput with everything wrong in the file, or where no deployment or several have the digest.
    """
    if session is not None and not is_file(path):
        return _version_of_deployment(session, str(path))
    try:
        model = read_decisions(path.read_bytes(), path.name)
    except OSError as error:
        raise InvalidInput(field=str(path), zh=f"读不了这个文件：{error.strerror}", en=str(error.strerror)) from None
    except DeploymentRefused as refused:
        zh, en = ("；".join(one.text(language) for one in refused.problems) for language in ("zh", "en"))
        raise InvalidInput(field=path.name, zh=zh, en=en) from None
    return dict.fromkeys(model.decisions, model)


def _version_of_deployment(session: Session, digest: str) -> Version:
    if len(digest) < LEAST_DIGEST or not digest.isalnum():
        zh, en = (
            f"既没有这个文件，也不是部署的摘要（至少 {LEAST_DIGEST} 位）",
            "neither a file nor a deployment's digest",
        )
        raise InvalidInput(field=digest, zh=zh, en=en)
    query = select(Deployment.id).where(Deployment.digest.startswith(digest, autoescape=True)).limit(2)
    found = session.scalars(query).all()
    if len(found) != 1:
        zh, en = ("有几个部署的摘要这样开头", "several deployments") if found else ("没有这个部署", "no deployment")
        raise InvalidInput(field=digest, zh=zh, en=f"{en} with a digest that begins so")
    files = deployments.files_of(session, found[0])
    models = [read_decisions(content, path) for path, content in files.items() if path.endswith(".dmn")]
    return {decision: model for model in models for decision in model.decisions}


def facts_of(text: str, name: str) -> Facts:
    """Facts of a JSON array, one JSON object or JSON lines, each an object of variables. Raises InvalidInput."""
    rows = _rows(text, name)
    if len(rows) > MOST_FACTS:
        zh, en = f"有 {len(rows)} 项，最多 {MOST_FACTS} 项", f"{len(rows)} items, at most {MOST_FACTS} are allowed"
        raise InvalidInput(field=name, zh=zh, en=en)
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            zh, en = f"第 {at} 项不是 JSON 对象", f"item {at} is no JSON object"
            raise InvalidInput(field=name, zh=zh, en=en)
    return {f"{name}:{at}": from_json(row) for at, row in enumerate(rows, 1)}


def _rows(text: str, name: str) -> list[Any]:
    try:
        whole = _json(text)
    except RecursionError:
        raise InvalidInput(field=name, zh="JSON 嵌套过深", en="the JSON nests too deeply") from None
    except ValueError:
        return [_parsed(line, name, at) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _json(text: str) -> Any:
    """JSON whose numbers are exact and finite. Raises ValueError."""

    def exact(digits: str) -> Decimal:
        found = number(digits)
        if found is None:
            raise ValueError(digits)
        return found

    return json.loads(text, parse_float=exact, parse_int=exact, parse_constant=exact)


def _parsed(line: str, name: str, at: int) -> Any:
    try:
        return _json(line)
    except (ValueError, RecursionError) as error:
        zh, en = f"第 {at} 行不是 JSON：{error}", f"line {at} is no JSON: {error}"
        raise InvalidInput(field=name, zh=zh, en=en) from None


def recorded_facts(session: Session, decision: str) -> Facts:
    """What a decision read each time it was taken, from the audit trail, the newest MOST_FACTS in their order."""
    query = (
        select(AuditEntry.id, AuditEntry.at, AuditEntry.case_id, Case.number, AuditEntry.details)
        .join(Case, Case.id == AuditEntry.case_id, isouter=True)
        .where(AuditEntry.object_type == audit.DECISION, AuditEntry.object_id == decision)
        .order_by(AuditEntry.id.desc())
        .limit(MOST_FACTS)
    )
    rows = reversed(session.execute(query).all())
    return {
        f"{number or f'#{case_id}'} {written(at)} @{entry}": from_json(details.get("read") or {})
        for entry, at, case_id, number, details in rows
    }


def diff(session: Session | None, old: Version, new: Version, names: Sequence[str], facts: Facts | None) -> Diff:
    """Ask both versions about `facts`, or where None about what is recorded in the audit trail of the database.

    `names` are the decisions to compare; where none is named, those of the trail, or with `facts` those of both
    versions that no other requires. Raises InvalidInput for a name that a version does not have, and where a decision
    calls a function whose answers at that time are not recorded.
    """
    for name in names:
        if name not in old or name not in new:
            which_zh, which_en = ("旧版", "old version") if name not in old else ("新版", "new version")
            raise InvalidInput(field=name, zh=f"{which_zh}没有这个决策", en=f"the {which_en} has no such decision")
    asked = names or (_last(old, new) if facts is not None or session is None else _recorded(session))
    given = _FUNCTIONS if session is None else functions_of_no_case(calendars.load(session))
    found: dict[str, Comparison] = {}
    for name in (name for name in asked if name in old and name in new):
        rows = recorded_facts(session, name) if facts is None and session is not None else facts or {}
        try:
            found[name] = compare(old[name], new[name], rows, decision=name, functions=given)
        except KeyError as missing:
            zh = f"调用了函数“{missing.args[0]}”，它当时的结果没有记录，无法比较"
            en = f"it calls “{missing.args[0]}”, whose answers at that time are not recorded"
            raise InvalidInput(field=name, zh=zh, en=en) from None
    return Diff(found, tuple(sorted(set(old) ^ set(new))))


def _recorded(session: Session) -> list[str]:
    """The ids of all decisions in the audit trail."""
    query = select(AuditEntry.object_id).where(AuditEntry.object_type == audit.DECISION).distinct()
    return sorted(session.scalars(query))


def _last(old: Version, new: Version) -> list[str]:
    """The decisions of both versions that no other one requires."""
    required = {id_ for version in (old, new) for name in version for id_ in version[name].decisions[name].requirements}
    return [name for name in old if name in new and name not in required]


HEADS = {
    "zh": ("事实", "决策", "旧结果", "新结果", "旧版的理由", "新版的理由"),
    "en": ("fact", "decision", "old outcome", "new outcome", "why, in the old version", "why, in the new version"),
}


def write_csv(path: Path, found: Diff, language: Language) -> None:
    """Write the changes with both explanations in full, UTF-8 with its mark. Raises InvalidInput.

    No cell is taken for a formula, whatever an applicant has entered.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADS[language])
    for change in found.changes:
        writer.writerow(
            f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in change.row(language)
        )
    try:
        path.write_text(out.getvalue(), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InvalidInput(field=str(path), zh=f"写不了这个文件：{error.strerror}", en=str(error.strerror)) from None


def as_table(found: Diff, language: Language) -> str:
    """The changes in columns, under each the lines in which the explanations differ, then how many facts were asked."""
    rows = [change.row(language) for change in found.changes]
    lines = list(_columns([HEADS[language][:4], *(row[:4] for row in rows)])) if rows else []
    told = lines[:1]
    for line, row in zip(lines[1:], rows, strict=True):
        told += [line, *_differences(row[4], row[5])]
    for decision, one in found.comparisons.items():
        many, changed = one.asked, len(one.changes)
        zh, en = (
            f"{decision}：{many} 件事实，{changed} 件结果改变",
            f"{decision}: {many} facts, {changed} outcomes changed",
        )
        told.append(en if language == "en" else zh)
    if found.not_in_both:
        names = ", ".join(found.not_in_both)
        told.append(f"in one version only: {names}" if language == "en" else f"只在一个版本里有：{names}")
    return "\n".join(told)


def _differences(old: str, new: str) -> Iterator[str]:
    """The lines of each explanation that the other does not have."""
    for mark, one, other in (("-", old, new), ("+", new, old)):
        known = set(other.splitlines())
        yield from (f"    {mark} {line.strip()}" for line in one.splitlines() if line not in known)


def _columns(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The rows set in columns; a Chinese character is two wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
