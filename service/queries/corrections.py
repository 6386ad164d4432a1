"""A correction as both sides read it: every defect with the field it is about, and what was changed since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import Language
from service.forms import CompiledForm, FieldView, FormView, view
from service.programmes.case_values import CaseReading
from service.store.submissions import Submission

NOTICE = "correction-notice"
APART = " › "


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of the newest notice; `anchor` is the id of the field it names, where it names one."""

    item: str
    problem: str
    requirement: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A field whose words differ; empty where it was not there."""

    label: str
    before: str
    after: str


def reads_notice(compiled: CompiledForm) -> bool:
    """Whether the form is about a correction: it reads the notice."""
    return any(path[:2] == ("case", "correction_notice") for path in compiled.paths)


def defects(session: Session, case_id: int, shown: FormView | None) -> tuple[Defect, ...]:
    """All defects of the newest notice, in its order; each with its field on the form as it is shown."""
    data = session.scalar(
        select(Submission.data)
        .where(Submission.case_id == case_id, Submission.form == NOTICE)
        .order_by(Submission.id.desc())
        .limit(1)
    )
    places = dict(_places(shown)) if shown is not None else {}
    rows = (data or {}).get("defects")
    return tuple(
        Defect(
            str(row.get("item") or ""), str(row.get("problem") or ""), str(row.get("requirement") or ""),
            _anchor(places, str(row.get("item") or "").strip()),
        )
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
    )  # fmt: skip


def _anchor(places: Mapping[str, str], item: str) -> str:
    """The field of this label; else the only one whose label has the words in it."""
    if not item or item in places:
        return places.get(item, "")
    alike = {place for label, place in places.items() if item in label}
    return alike.pop() if len(alike) == 1 else ""


def fields_of(compiled: CompiledForm) -> tuple[str, ...]:
    """What a notice can name: the sections of the form, and their fields, as they are labelled on its page."""
    out: dict[str, None] = {}
    for node in compiled.form.root.components:
        inside = [one for one in node.components if (one.is_field or one.repeats) and one.label]
        if node.type == "group" and node.label and inside:
            out |= dict.fromkeys([node.label, *(f"{node.label}{APART}{one.label}" for one in inside)])
        elif node.label and (node.is_field or node.repeats):
            out[node.label] = None
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who compares two submissions: in which roles and language, with the names of the files."""

    roles: Collection[str]
    language: Language
    files: Mapping[str, str]


def changes(session: Session, case_id: int, form: str, reading: CaseReading, reader: Reader) -> tuple[Change, ...]:
    """What the newest submission of a form says otherwise than the one before, field by field, as the reader sees."""
    found = session.scalars(
        select(Submission.data)
        .where(Submission.case_id == case_id, Submission.form == form)
        .order_by(Submission.id.desc())
        .limit(2)
    ).all()
    compiled = reading.programme.forms.get(form)
    if compiled is None or len(found) < 2:
        return ()
    after, before = (dict(_words(_read(compiled, data, reading, reader), reader.files)) for data in found)
    labels = {key: label for key, (label, _) in (before | after).items()}
    words = [(label, before.get(key, ("", ""))[1], after.get(key, ("", ""))[1]) for key, label in labels.items()]
    return tuple(Change(*one) for one in words if one[1] != one[2])


def _read(compiled: CompiledForm, data: Mapping[str, Any], reading: CaseReading, reader: Reader) -> FormView:
    return view(
        compiled, data, roles=reader.roles, variables={**reading.variables, "task": {}}, functions=reading.functions,
        readonly=True, lang=reader.language, files=reader.files,
    )  # fmt: skip


def _places(shown: FormView) -> Iterator[tuple[str, str]]:
    """Where each section and field of a page stands, by its label, alone and behind its section's."""
    for line in shown.lines:
        for one in line.fields:
            yield one.label, one.id
            for field in _inside(one):
                yield field.label, field.id
                yield f"{one.label}{APART}{field.label}", field.id


def _inside(field: FieldView) -> Iterator[FieldView]:
    for line in field.lines:
        for one in line.fields:
            yield one
            yield from _inside(one)


def _words(shown: FormView, files: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """By the name of its control, each value's label with the rows it stands in, and its words."""

    def walk(lines: Iterable[Any], above: str) -> Iterator[tuple[str, tuple[str, str]]]:
        for line in lines:
            for one in line.fields:
                label = f"{above}{APART}{one.label}" if above and one.label else one.label or above
                if one.kind == "filepicker":
                    yield one.name, (label, "、".join(files.get(code, code) for code in one.value or ()))
                elif one.name and not one.rows and one.kind != "dynamiclist":
                    yield one.name, (label, one.text)
                yield from walk(one.lines, label if one.kind == "group" else above)
                for row in one.rows:
                    yield from walk(row.lines, f"{one.label} {row.number}")

    return walk(shown.lines, "")
