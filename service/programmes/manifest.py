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
from typing import Any, Final, Literal

from marshmallow import ValidationError

from service.domain.errors import DeploymentRefused, Problem
from service.domain.register import eve_of_years_later
from service.programmes.duty import Duty
from service.programmes.manifest_check import contradictions
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
    period is ours, not the notice's. Roles in `escalate_to` are told one after the other: the first at the due instant,
    each further one `escalate_every` working days later. `extension_months` bounds what may be added to the last day
    (0: nothing may).
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
    escalate_to: tuple[str, ...] = ()
    escalate_every: int = 5
    extension_months: int | None = None
    event_name: str = ""
    event_name_en: str = ""

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

    @property
    def since(self) -> tuple[str, str]:
        """What starts the period, in Chinese and English: the rule's own words, or the service's."""
        zh, en = STARTED_BY.get(self.event or self.starts, (self.event, self.event))
        return self.event_name or zh, self.event_name_en or en


#: What starts a period; events are those that operations of the catalogue record. A rule names any other itself.
STARTED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "call": ("批次开放", "opening of the call"),
    "stage": ("进入本环节", "start of the stage"),
    "task": ("任务开始", "start of the task"),
    "training-held": ("培训", "training"),
    "notice-published": ("公示发布", "publication"),
    "duty-due": ("义务到期", "due date of the duty"),
}


@dataclass(frozen=True, slots=True)
class NumberRule:
    """A series of official numbers; `pattern` holds `{year}` and `{serial}`, padded by `digits`."""

    key: str
    pattern: str
    name: str = ""
    digits: int = 1
    yearly: bool = True

    def series(self, year: int) -> str:
        """The counter of its serials: whoever writes numbers by one pattern shares it, so that none is given twice."""
        return f"number/{self.pattern}" + (f"/{year}" if self.yearly else "")


@dataclass(frozen=True, slots=True)
class Sunset:
    """Before the rules end: how many calendar days ahead it is told, and to which roles beside the administrators."""

    days_before: tuple[int, ...] = (180, 60)
    tell: tuple[str, ...] = ()


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
    valid_years: int | None = None
    sunset: Sunset = field(default_factory=Sunset)
    settings_written: tuple[str, ...] = ()  # those settings that the notice itself writes; the others are added
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
    def last_day(self) -> date | None:
        """The last day on which the rules hold; None where the notice names none, or they are not in force yet."""
        if self.effective_from is None or self.valid_years is None:
            return self.effective_to
        return eve_of_years_later(self.effective_from, self.valid_years)

    @property
    def file(self) -> str:
        """Where the manifest stands in the programme's files."""
        return f"bpmn/{self.key}/{FILE_NAME}"

    @property
    def department_roles(self) -> frozenset[str]:
        """The roles held at the departments that recommend."""
        return frozenset(role.key for role in self.roles.values() if role.holder == "competent")

    def following(self, name: str) -> tuple[str, ...]:
        """The dates of the call that this one must not pass: the one it stands `before`, those that come `after` it."""
        own = self.deadlines[name].before
        return (*((own,) if own else ()), *(key for key, rule in self.deadlines.items() if rule.after == name))

    def limit_of(self, name: str) -> str:
        """The date of the call that a deadline must not pass: the last of those it stands `before`; empty for none."""
        limit = ""
        while (rule := self.deadlines.get(name)) and rule.before:
            limit = name = rule.before
        return limit


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
    problems = [_problem(file, text, one) for one in contradictions(manifest, file)]
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
    values["settings_written"] = tuple(values.get("settings_written", ()))
    values["settings"] = MappingProxyType(values.get("settings", {}))
    values["sunset"] = Sunset(**_frozen(values.get("sunset", {})))
    values["uses"] = Uses(**_frozen(values.get("uses", {})))
    return Manifest(**values)


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
