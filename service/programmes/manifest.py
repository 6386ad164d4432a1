"""What a programme's manifest says that diagrams cannot: names, roles, deadlines, numbers, settings, legal basis.

`read_manifest` turns the text of `bpmn/<key>/programme.toml` into frozen values. It never lists files (folders are the
list) and holds no date of a year (those are the call's).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from marshmallow import ValidationError

from service.domain.access import PROGRAM
from service.domain.errors import DeploymentRefused, Problem
from service.programmes.duty import Duty
from service.programmes.manifest_schema import ManifestSchema, messages
from service.programmes.target import Target

Status = Literal["draft", "in-force", "expired"]
Holder = Literal["applicant", "competent", "authority", "member", "expert", "panel-chair", "named"]

FILE_NAME = "programme.toml"


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """A document the programme rests on, with the articles that matter."""

    document: str
    number: str = ""
    article: str = ""
    issued_on: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A top-level process of the programme; its key is the process id."""

    key: str
    name: str
    name_en: str = ""
    start: str = ""  # the role whose people start it; empty: only the service does (a duty, another case)
    kind: Literal["case", "meeting", "dispatch", "notice", "training"] = "case"
    subject: Literal["application", "register-entry", "none"] = "application"
    intake: Literal["rolling", "batch", ""] = ""  # empty: as the programme's
    withdraw: bool = False
    number: str = "case"
    title: str = ""
    summary: str = ""
    summary_en: str = ""
    takes: tuple[str, ...] = ()  # the variables that a program which starts it may give; a person gives none


@dataclass(frozen=True, slots=True)
class OutsideJob:
    """A type of service task that a program outside works on, and the role its account holds at the authority."""

    key: str
    name: str
    worker: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class OutsideMessage:
    """A message that a program outside may publish, and the role its account holds at the authority."""

    key: str
    name: str
    sender: str
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A name diagrams use in `groups(role)`, and who holds it."""

    key: str
    name: str
    holder: Holder
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """How long a named period runs and what starts it.

    `starts` is `call` (the date stands in the call), `stage`, `task` or `event:<name>`. At most one of `working_days`,
    `calendar_days`, `months` is set; none only with `call`, or with an event whose own day is the last one
    (`event:duty-due`: the date of the duty that opened the case). A call that names no date for a rule with `before` or
    `after` gets one: so many working days before or after the date of that other deadline; with `local` a
    department may set its own for its units. `end` is the time of the
    last day at which the period is over, exclusive. `reminders` are working days before the last day. `added`: the
    period is ours, not the notice's.
    """

    key: str
    name: str
    starts: str
    name_en: str = ""
    working_days: int | None = None
    calendar_days: int | None = None
    months: int | None = None
    before: str = ""
    after: str = ""
    local: bool = False
    end: str = "24:00"
    reminders: tuple[int, ...] = ()
    inclusive_first_day: bool = False
    source: str = ""
    added: bool = False
    escalate_to: str = ""

    @property
    def has_length(self) -> bool:
        """Whether the rule counts days or months; otherwise the call names the date."""
        return (self.working_days, self.calendar_days, self.months) != (None, None, None)

    @property
    def leans_on(self) -> str:
        """The other deadline of the call from which this one's date is counted; empty for none."""
        return self.before or self.after

    @property
    def event(self) -> str:
        """The recorded event that starts the period; empty for the other kinds."""
        return self.starts.partition(":")[2] if self.starts.startswith("event:") else ""


@dataclass(frozen=True, slots=True)
class NumberRule:
    """A series of official numbers; `pattern` holds `{year}` and `{serial}`, padded by `digits`."""

    key: str
    pattern: str
    name: str = ""
    digits: int = 1
    yearly: bool = True


@dataclass(frozen=True, slots=True)
class Uses:
    """Models the procedures need though no diagram names them, such as the letter of a receipt."""

    forms: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One programme (专项) as its `programme.toml` describes it."""

    key: str
    name: str
    authority: str
    status: Status
    name_en: str = ""
    summary: str = ""
    summary_en: str = ""
    intake: Literal["rolling", "batch"] = "rolling"
    effective_from: date | None = None
    effective_to: date | None = None
    legal_basis: tuple[LegalBasis, ...] = ()
    procedures: Mapping[str, Procedure] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    deadlines: Mapping[str, DeadlineRule] = field(default_factory=dict)
    numbers: Mapping[str, NumberRule] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    jobs: Mapping[str, OutsideJob] = field(default_factory=dict)
    messages: Mapping[str, OutsideMessage] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)

    @property
    def file(self) -> str:
        """Where the manifest stands in the programme's files."""
        return f"bpmn/{self.key}/{FILE_NAME}"


def read_manifest(content: bytes | str, *, file: str = FILE_NAME) -> Manifest:
    """The manifest in `content`. Raises DeploymentRefused with every problem in it, each with its place and line."""
    text = _decode(content, file)
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DeploymentRefused([_syntax_problem(str(error), file)]) from error
    try:
        loaded: dict[str, Any] = ManifestSchema().load(raw)
    except ValidationError as error:
        found = messages(error.messages_dict)
        raise DeploymentRefused([_problem(file, text, one) for one in found]) from error
    manifest = _build(loaded)
    problems = [_problem(file, text, one) for one in _contradictions(manifest, file)]
    if problems:
        raise DeploymentRefused(problems)
    return manifest


def _decode(content: bytes | str, file: str) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DeploymentRefused(
            [Problem(file, "", "manifest-encoding", "文件须为 UTF-8 编码。", "The file must be UTF-8 text.")]
        ) from error


def _syntax_problem(reason: str, file: str) -> Problem:
    found = re.search(r"at line (\d+)", reason)
    return Problem(
        file=file,
        element="",
        code="manifest-syntax",
        zh=f"不是有效的 TOML：{reason}",
        en=f"This is not valid TOML: {reason}",
        line=int(found.group(1)) if found else 0,
    )


def _problem(file: str, text: str, found: tuple[str, str, str, str]) -> Problem:
    place, code, zh, en = found
    return Problem(file=file, element=place, code=code, zh=zh, en=en, line=_line_of(text, place))


def _line_of(text: str, place: str) -> int:
    """The line of `deadlines.local-review.end`: the table's header, or the key beneath it; 0 if not found."""
    lines = text.splitlines()
    table, _, key = place.rpartition(".")
    header = _find(lines, rf"^\s*\[\[?\s*{re.escape(place)}\s*\]", 0)
    if header:
        return header
    start = _find(lines, rf"^\s*\[\[?\s*{re.escape(table)}\s*\]", 0) if table else 0
    return _find(lines, rf"^\s*{re.escape(key)}\s*=", start) or start


def _find(lines: list[str], pattern: str, start: int) -> int:
    return next((n for n, line in enumerate(lines[start:], start + 1) if re.match(pattern, line)), 0)


def _build(loaded: dict[str, Any]) -> Manifest:
    tables: dict[str, type[Any]] = {
        "procedures": Procedure,
        "roles": Role,
        "deadlines": DeadlineRule,
        "numbers": NumberRule,
        "duties": Duty,
        "targets": Target,
        "jobs": OutsideJob,
        "messages": OutsideMessage,
    }
    values = dict(loaded)
    for name, kind in tables.items():
        rows: dict[str, dict[str, Any]] = values.get(name, {})
        values[name] = MappingProxyType({key: kind(key=key, **_frozen(row)) for key, row in rows.items()})
    values["legal_basis"] = tuple(LegalBasis(**row) for row in values.get("legal_basis", ()))
    values["settings"] = MappingProxyType(values.get("settings", {}))
    values["uses"] = Uses(**_frozen(values.get("uses", {})))
    return Manifest(**values)


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _contradictions(manifest: Manifest, file: str) -> list[tuple[str, str, str, str]]:
    """What no single field shows: names that point nowhere, periods of no length, a folder of another key."""
    found = [*_unknown_names(manifest), *_program_roles(manifest), *_lengths(manifest), *_circles(manifest)]
    folder = file.split("/")[-2] if file.count("/") >= 1 else manifest.key
    if folder != manifest.key:
        zh = f"键“{manifest.key}”与文件夹“{folder}”不一致。"
        found.append(("key", "manifest-folder", zh, f"The key “{manifest.key}” differs from the folder “{folder}”."))
    for target in manifest.targets.values():
        if target.at_most is not None and target.at_most < target.at_least:
            zh, en = "目标的上限小于下限。", "The target's upper bound is below the lower one."
            found.append((f"targets.{target.key}.at_most", "target-bounds", zh, en))
    if not manifest.procedures:
        found.append(("procedures", "manifest-empty", "至少要有一个程序。", "At least one procedure is needed."))
    if manifest.effective_from and manifest.effective_to and manifest.effective_to < manifest.effective_from:
        zh = "失效日期早于生效日期。"
        found.append(("effective_to", "manifest-order", zh, "The programme ends before it begins."))
    return found


def _unknown_names(manifest: Manifest) -> list[tuple[str, str, str, str]]:
    wanted: list[tuple[str, str, Mapping[str, Any]]] = []
    for procedure in manifest.procedures.values():
        wanted.append((f"procedures.{procedure.key}.start", procedure.start, manifest.roles))
        if procedure.number != "case":
            wanted.append((f"procedures.{procedure.key}.number", procedure.number, manifest.numbers))
    dated = {key: rule for key, rule in manifest.deadlines.items() if rule.starts == "call"}
    for rule in manifest.deadlines.values():
        wanted.append((f"deadlines.{rule.key}.escalate_to", rule.escalate_to, manifest.roles))
        wanted.append((f"deadlines.{rule.key}.{'before' if rule.before else 'after'}", rule.leans_on, dated))
    for duty in manifest.duties.values():
        wanted.append((f"duties.{duty.key}.procedure", duty.procedure, manifest.procedures))
        wanted.append((f"duties.{duty.key}.role", duty.role, manifest.roles))
    at_authority = {key: role for key, role in manifest.roles.items() if role.holder == "authority"}
    wanted += [(place, role, at_authority) for place, role in _programs(manifest)]
    return [
        (place, "manifest-unknown-name", f"本文件中没有“{name}”。", f"“{name}” is not defined in this file.")
        for place, name, known in wanted
        if name and name not in known
    ]


def _programs(manifest: Manifest) -> list[tuple[str, str]]:
    """Where roles of programs outside are named, and which."""
    named = [(f"jobs.{job.key}.worker", job.worker) for job in manifest.jobs.values()]
    return named + [(f"messages.{one.key}.sender", one.sender) for one in manifest.messages.values()]


def _program_roles(manifest: Manifest) -> list[tuple[str, str, str, str]]:
    """A role that reads cases by office is no role for a program outside."""
    zh = f"外部程序的角色须以“{PROGRAM}”开头：这样的角色不能按职务查看案件。"
    en = f"A role for a program outside begins with “{PROGRAM}”: such a role reads no case by office."
    wrong = (place for place, role in _programs(manifest) if not role.startswith(PROGRAM))
    return [(place, "manifest-program-role", zh, en) for place in wrong]


def _lengths(manifest: Manifest) -> list[tuple[str, str, str, str]]:
    found = []
    for rule in manifest.deadlines.values():
        lengths = [rule.working_days, rule.calendar_days, rule.months]
        given = sum(length is not None for length in lengths)
        if given > 1 or (given == 0 and rule.starts in {"task", "stage"}):
            zh = 'working_days、calendar_days、months 须写明其中一项；仅 starts = "call" 或 "event:…" 可不写。'
            en = 'Give one of working_days, calendar_days, months; only starts = "call" or "event:…" needs none.'
            found.append((f"deadlines.{rule.key}", "manifest-length", zh, en))
        counted = rule.starts == "call" and rule.working_days is not None and not (rule.before and rule.after)
        if rule.leans_on and not counted:
            zh = 'before、after 只能写一项，须与 starts = "call"、working_days 同用。'
            en = 'Give before or after, not both, together with starts = "call" and working_days.'
            found.append((f"deadlines.{rule.key}", "manifest-leaning", zh, en))
    return found


def _circles(manifest: Manifest) -> list[tuple[str, str, str, str]]:
    """Dates that lean on each other in a circle would never be counted."""
    found = []
    for rule in manifest.deadlines.values():
        seen, at = [rule.key], rule.leans_on
        while at in manifest.deadlines and at not in seen:
            seen.append(at)
            at = manifest.deadlines[at].leans_on
        if at == rule.key:
            zh, en = "before、after 绕成了圈，日期无从算起。", "The dates lean on each other in a circle."
            found.append((f"deadlines.{rule.key}", "manifest-circle", zh, en))
    return found
