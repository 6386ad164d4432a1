"""The public register (名录): entries with their standing, and the papers a code proves genuine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.numbering import read_version, version_code
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.papers import Paper
from service.store.register import RegisterChange, RegisterEntry
from service.store.submissions import Submission

DECLARATION = "declaration"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A registered centre or consortium."""

    entry_id: int
    number: str
    programme: str
    name: str
    credit_code: str
    state: str
    entered_on: date
    data: Mapping[str, Any]
    applicant: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A unit of the entry."""

    name: str
    kind: str
    role: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A dated change of an entry; `changed` are the names of what was written anew."""

    on: date
    kind: str
    state: str
    note: str
    changed: tuple[str, ...]
    entry_number: str
    entry_name: str


@dataclass(frozen=True, slots=True)
class PaperProof:
    """What the verification page says of a paper; nothing that is not on the paper itself.

    Of a declaration's code `version` is the one it is of, and `newest` how many there are: 0 for every other paper.
    """

    code: str
    title: str
    number: str
    issued_at: datetime
    case_title: str
    authority: str
    case_state: str
    pdf_sha256: str
    entry_number: str
    entry_state: str
    version: int = 0
    newest: int = 0


def page(
    session: Session, *, text: str = "", programme: str = "", state: str = "", after: str = "", size: int = PAGE
) -> Page[EntryRow]:
    """Entries, the newest first."""
    position = read_id_cursor(after)
    chosen = _select().order_by(RegisterEntry.id.desc()).limit(size + 1)
    if position is not None:
        chosen = chosen.where(RegisterEntry.id < position)
    if programme:
        chosen = chosen.where(RegisterEntry.programme == programme)
    if state:
        chosen = chosen.where(RegisterEntry.state == state)
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        chosen = chosen.where(
            or_(
                RegisterEntry.name.ilike(pattern, escape="\\"),
                RegisterEntry.number.ilike(pattern, escape="\\"),
                RegisterEntry.credit_code == text,
                Organisation.name.ilike(pattern, escape="\\"),
            )
        )
    shown, last = cut([_entry(row) for row in session.execute(chosen)], size)
    return Page(shown, str(last.entry_id) if last else "")


def find(session: Session, number: str) -> EntryRow:
    """One entry by its number; raises NotFound."""
    row = session.execute(_select().where(RegisterEntry.number == number)).first()
    if row is None:
        raise NotFound()
    return _entry(row)


def members(entry: EntryRow) -> tuple[MemberRow, ...]:
    """The units of the entry as its newest version has them, in their order."""
    rows = entry.data.get("members", ())
    return tuple(MemberRow(row["name"], row.get("kind") or "", row.get("role") or "") for row in rows)


def changes(session: Session, entry_id: int | None = None, *, size: int = 100) -> tuple[ChangeRow, ...]:
    """What was recorded of an entry, or of all, the newest first."""
    chosen = (
        select(
            RegisterChange.on_date, RegisterChange.kind, RegisterChange.state, RegisterChange.note,
            RegisterChange.data, RegisterEntry.number, RegisterEntry.name,
        )
        .join(RegisterEntry, RegisterEntry.id == RegisterChange.register_entry_id)
        .order_by(RegisterChange.id.desc())
        .limit(size)
    )  # fmt: skip
    if entry_id is not None:
        chosen = chosen.where(RegisterChange.register_entry_id == entry_id)
    return tuple(
        ChangeRow(on, kind, state, note, tuple(sorted(data)), number, name)
        for on, kind, state, note, data, number, name in session.execute(chosen)
    )


def prove(session: Session, code: str) -> PaperProof | None:
    """The paper with this code, or the version of a declaration; None for a code that was never given out."""
    base, version = read_version(code)
    row = session.execute(
        select(
            Paper.code, Paper.title, Paper.number, Paper.issued_at, Case.title, Organisation.name, Case.state,
            Paper.pdf_sha256, RegisterEntry.number, RegisterEntry.state, _versions(),
        )
        .join(Case, Case.id == Paper.case_id)
        .join(Organisation, Organisation.id == Case.authority_id, isouter=True)
        .join(RegisterEntry, RegisterEntry.case_id == Case.id, isouter=True)
        .where(Paper.code == base)
    ).first()  # fmt: skip
    if row is None or version > max(1, row[10] or 0):
        return None
    return PaperProof(
        version_code(row[0], version), row[1], row[2] or "", row[3], row[4], row[5] or "", row[6], row[7] or "",
        row[8] or "", row[9] or "", version if row[10] else 0, row[10] or 0,
    )  # fmt: skip


def _versions() -> ColumnElement[Any]:
    """How often the declaration of the receipt's case was submitted, the first time included; null for other papers."""
    again = (
        select(1 + func.count(Submission.id))
        .where(
            Submission.case_id == Case.id, Submission.form == DECLARATION, Submission.submitted_at > Case.submitted_at
        )
        .correlate(Case)
        .scalar_subquery()
    )
    return sql_case((Paper.code == Case.receipt_code, again))


def _entry(row: Any) -> EntryRow:
    number, programme, name, code, state, entered_on, data, applicant = row[1:]
    lead = applicant or data.get("lead") or ""
    return EntryRow(row[0], number, programme, name, code or "", state, entered_on, data, lead)


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            RegisterEntry.id, RegisterEntry.number, RegisterEntry.programme, RegisterEntry.name,
            RegisterEntry.credit_code, RegisterEntry.state, RegisterEntry.entered_on, RegisterEntry.data,
            Organisation.name,
        )
        .join(Organisation, Organisation.id == RegisterEntry.applicant_id, isouter=True)
    )  # fmt: skip
