"""How rows look to FEEL, letters and pages.

Ids of cases, users and papers are decimal text, as everywhere in JSON; ids that diagrams loop over (members, seats,
experts) are numbers, as the operations answer them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from service.store.cases import Case
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.register import Duty, Project, RegisterEntry

LAST_MONTH_ABOUT_LAST_YEAR = 3

Path = tuple[str, ...]
Json = dict[str, Any]


def asked_under(paths: Collection[Path], root: str) -> set[str] | None:
    """The names read under a root; None when the root itself is read, and so everything."""
    mine = [path for path in paths if path and path[0] == root]
    return None if any(len(path) == 1 for path in mine) else {path[1] for path in mine}


def snake(form: str) -> str:
    """A form's id as FEEL names it.

    >>> snake("local-opinion")
    'local_opinion'
    """
    return form.replace("-", "_")


def organisation_json(row: Organisation) -> Json:
    """An organisation; what its contact holds can be read with or without `contact`."""
    return {
        **row.contact,
        "id": str(row.id),
        "name": row.name,
        "kind": row.kind,
        "code": row.code,
        "credit_code": row.credit_code,
        "region": row.region,
        "contact": row.contact,
    }


def expert_json(row: Expert) -> Json:
    """An expert, without what he or she avoids."""
    return {"id": row.id, "name": row.name, "employer": row.employer, "field": row.field}


def register_json(row: RegisterEntry) -> Json:
    """A register entry as FEEL reads it."""
    return {
        **row.data,
        "id": str(row.id),
        "number": row.number,
        "programme": row.programme,
        "name": row.name,
        "credit_code": row.credit_code,
        "applicant_id": None if row.applicant_id is None else str(row.applicant_id),
        "state": row.state,
        "entered_on": row.entered_on.isoformat(),
    }


def duty_json(row: Duty) -> Json:
    """What an entry owes, once: `year` is the year it is about, the one before a due date of the first quarter."""
    return {
        "kind": row.kind,
        "due_on": row.due_on.isoformat(),
        "year": row.due_on.year - (row.due_on.month <= LAST_MONTH_ABOUT_LAST_YEAR),
        "state": row.state,
        "fulfilled_on": row.fulfilled_on.isoformat() if row.fulfilled_on else None,
        "on_time": row.fulfilled_on <= row.due_on if row.fulfilled_on else None,
    }


def project_json(row: Project) -> Json:
    """A government project that an entry carries."""
    return {
        "number": row.number,
        "name": row.name,
        "level": row.level,
        "from_on": row.from_on.isoformat(),
        "to_on": row.to_on.isoformat(),
        "closed_on": row.closed_on.isoformat() if row.closed_on else None,
    }


def case_json(case: Case, applicant: str | None) -> Json:
    """Another case as FEEL reads it in a list."""
    return {
        "case_id": str(case.id),
        "number": case.number,
        "title": case.title,
        "programme": case.programme,
        "procedure": case.procedure,
        "state": case.state,
        "applicant": applicant,
        "label": " ".join(part for part in (case.number, case.title) if part),
    }
