"""The submitted forms of a case for reading, each drawn with what its `per-role` lets this actor see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.access import OUTSIDE_ROLES, role_names
from service.domain.errors import Language, NotFound
from service.domain.identity import Actor
from service.domain.personal import CLASSES, masked, needs_personal_data, replaced
from service.forms import CompiledForm, FormView, Variables, always_shows, shows_anything, view
from service.programmes.case_values import CaseReading, read_case
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.queries import case_page
from service.store.attachments import GIVEN_OUT, Attachment
from service.store.case_ground import CaseGround
from service.store.cases import Case


@dataclass(frozen=True)
class Material:
    """One submitted form; `by` is the member unit that answers by it, and the person where the reader may know who.

    `draw` makes its `view`, which is dear: a page asks only for those that it shows unfolded. `version` counts what was
    submitted of it since the case was: 1 is what the receipt is for.
    """

    submission_id: int
    form: str
    title: str
    by: str
    at: datetime
    draw: Callable[[], FormView]
    is_masked: bool = False
    version: int = 1

    @cached_property
    def view(self) -> FormView:
        """What this reader sees of it."""
        return self.draw()


def materials(
    session: Session,
    actor: Actor,
    facts: case_page.CaseFacts,
    language: Language,
    now: datetime,
    *,
    revealed: bool = False,
    whole: bool = False,
    files: Mapping[str, str] | None = None,
    ground: CaseGround | None = None,
) -> tuple[Material, ...]:
    """The newest submission of each form (and of each item and person, where a form is filled in by several).

    `whole` says that all are going to be drawn: what they ask of the case is then read at once, else form by form.
    `files` are the names of the case's files, `ground` its small facts, where they are known already.
    Personal data are masked for who has no task of the case, unless `revealed`, which `commands/personal_data` notes.
    """
    newest: dict[tuple[str, str, int | None], case_page.SubmissionRow] = {}
    versions: Counter[str] = Counter()
    for row in case_page.submissions(session, actor, facts):
        newest[row.form, str(sorted(row.item.items())), row.by_id if row.item else None] = row
        versions[row.form] += facts.submitted_at is not None and row.at > facts.submitted_at
    programme = compiled_of(session, facts.deployment_id)
    forms = {row.form: programme.forms[row.form] for row in newest.values() if row.form in programme.forms}
    reader = _Reader(session, actor, facts, programme, language, now, files, ground=ground)
    if whole:
        reader.paths = frozenset().union(*(form.read_paths for form in forms.values()))
    outside = facts.from_outside
    classes = frozenset() if revealed or needs_personal_data(actor, facts.rule) else CLASSES
    found = []
    for row in newest.values():
        form = forms.get(row.form)
        if form is None:
            continue
        data, hidden = replaced(row.data, form.classification, classes, masked)
        if reader.reads(form, data, row.item):
            person = "" if outside and row.by_id != actor.user_id else row.by_name
            by = " ".join(part for part in (row.about, person) if part)
            draw = partial(reader.draw, form, data, row.item)
            version = 1 + versions[row.form]
            title = row.task_name or row.form
            found.append(Material(row.submission_id, row.form, title, by, row.at, draw, hidden > 0, version))
    return tuple(found)


@dataclass
class _Reader:
    """Draws the forms of a case for one reader; what a form asks of the case is read when it is first needed.

    With `paths`, which are those of all forms that will be drawn, the case is read once for all.
    """

    session: Session
    actor: Actor
    facts: case_page.CaseFacts
    programme: CompiledProgramme
    language: Language
    now: datetime
    known_files: Mapping[str, str] | None = None
    paths: frozenset[tuple[str, ...]] = frozenset()
    ground: CaseGround | None = None
    readings: dict[frozenset[tuple[str, ...]], tuple[Variables, CaseReading]] = field(default_factory=dict)

    @cached_property
    def roles(self) -> frozenset[str]:
        """Those in which the actor reads."""
        return roles_in(self.actor, self.facts)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The names of the case's files."""
        return file_names(self.session, self.facts.case_id) if self.known_files is None else self.known_files

    def reads(self, form: CompiledForm, data: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
        """Whether the actor reads anything of it."""
        return always_shows(form, self.roles) or shows_anything(form, data, **self._seen(form, item))

    def draw(self, form: CompiledForm, data: Mapping[str, Any], item: Mapping[str, Any]) -> FormView:
        """The form with what was submitted, about an item of a list where it was filled in for one."""
        return view(form, data, **self._seen(form, item), readonly=True, lang=self.language, files=self.files)

    def _seen(self, form: CompiledForm, item: Mapping[str, Any]) -> dict[str, Any]:
        paths = self.paths or form.read_paths
        if paths not in self.readings:
            case = self.session.get_one(Case, self.facts.case_id)
            found = read_case(self.session, case, self.programme, now=self.now, paths=paths, ground=self.ground)
            self.ground = found.ground
            self.readings[paths] = Variables(found.variables), found
        of_case, reading = self.readings[paths]
        variables = Variables({"task": item}, of_case)
        return {"roles": self.roles, "variables": variables, "functions": reading.functions}


def material(
    session: Session, actor: Actor, facts: case_page.CaseFacts, submission_id: int, *, language: Language, now: datetime
) -> Material:
    """One of them; raises NotFound where it is not among those this actor reads."""
    all_of_them = materials(session, actor, facts, language, now)
    found = next((one for one in all_of_them if one.submission_id == submission_id), None)
    if found is None:
        raise NotFound()
    return found


def roles_in(actor: Actor, facts: case_page.CaseFacts) -> frozenset[str]:
    """The roles in which an actor reads this case: none that is held for another unit or another authority."""
    if facts.from_outside:
        own = facts.applicant is not None and facts.applicant.organisation_id == actor.organisation_id
        roles = OUTSIDE_ROLES & {grant.role for grant in actor.roles} if own else set()
        if actor.expert_id is not None and facts.rule.touches:
            roles = {*roles, "expert"}
        return frozenset(roles or {"member"})
    paths = [path for path in (facts.rule.competent_path, facts.rule.authority_path) if path]
    held = {grant.role for grant in actor.roles if any(path.startswith(grant.path) for path in paths)}
    return frozenset(held | role_names(key for touch in facts.rule.touches for key in touch.groups & actor.groups))


def file_names(session: Session, case_id: int) -> Mapping[str, str]:
    """The names of a case's files by their codes, for the links of a form."""
    found = session.execute(select(Attachment.code, Attachment.name).where(Attachment.case_id == case_id))
    return {code: name for code, name in found}


@dataclass(frozen=True, slots=True)
class FileVersion:
    """An upload for a field: `version` counts the uploads for the same field of the case, the first is 1."""

    name: str
    version: int
    size: int
    sha256: str
    at: datetime


def file_versions(session: Session, case_id: int) -> Mapping[str, FileVersion]:
    """Every upload of a case by its code."""
    rows = session.execute(
        select(
            Attachment.code, Attachment.name, Attachment.field, Attachment.size, Attachment.sha256,
            Attachment.uploaded_at,
        )
        .where(Attachment.case_id == case_id)
        .order_by(Attachment.id)
    )  # fmt: skip
    counted: Counter[str] = Counter()
    found: dict[str, FileVersion] = {}
    for code, name, of_field, size, sha256, at in rows:
        counted[of_field] += 1
        found[code] = FileVersion(name, counted[of_field], size, sha256, at)
    return found


def file_of(session: Session, case_id: int, code: str) -> Attachment:
    """A file of the case, clean; the caller has judged that it may be read."""
    found = session.scalar(select(Attachment).where(Attachment.case_id == case_id, Attachment.code == code))
    if found is None or found.scan not in GIVEN_OUT:
        raise NotFound()
    return found
