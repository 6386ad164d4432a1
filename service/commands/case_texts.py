"""Write what is known of a case as one text, for the search of whoever reads the whole case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import func, select

from service.domain.search_words import normal, words_of
from service.forms import CompiledForm
from service.forms.access import levels
from service.programmes.compiled import compiled_of
from service.store.audit import AuditEntry
from service.store.case_texts import CaseText
from service.store.cases import Case
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.papers import Paper
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork
from service.store.upserts import insert_into

MOST_CHARACTERS: Final = 50_000  # of one case; what comes after is not found by its words
_WRITTEN: Final = frozenset({"textfield", "textarea"})
_OPEN: Final = frozenset({"public", "internal"})


def index(work: UnitOfWork, case_id: int) -> bool:
    """Write the case's text anew: its number, units, contact and papers, and what was submitted.

    Left out are personal and sensitive entries, those that only some roles may read, and all about an objection.
    What another clock has written since is left as it is.
    """
    seq = work.session.scalar(select(func.max(AuditEntry.seq)).where(AuditEntry.case_id == case_id))
    written = work.session.scalar(select(CaseText.seq).where(CaseText.case_id == case_id))
    if seq is None or (written is not None and written >= seq):
        return False
    case = work.session.get_one(Case, case_id)
    parts = (*_units(work, case), *_papers(work, case_id), *_submitted(work, case))
    text = normal(" \n ".join(part for part in parts if part))[:MOST_CHARACTERS]
    values = {"seq": seq, "text": text, "words": " ".join(sorted(words_of(text)))}
    added = insert_into(work.session, CaseText).values(case_id=case_id, **values)
    work.session.execute(added.on_conflict_do_update(index_elements=[CaseText.case_id], set_=values))
    return True


def _units(work: UnitOfWork, case: Case) -> Iterator[str]:
    yield from (case.number or "", case.title)
    wanted = {case.applicant_id, case.competent_id} - {None}
    for unit in work.session.scalars(select(Organisation).where(Organisation.id.in_(wanted))):
        yield from (unit.name, unit.credit_code or "")
        if unit.id == case.applicant_id:
            # the contact is found by name; numbers and addresses are personal data and may be masked on the page
            yield from (str(value) for key, value in unit.contact.items() if key.endswith("name"))
    members = select(Member.name, Member.credit_code).where(Member.case_id == case.id)
    for name, code in work.session.execute(members):
        yield from (name, code or "")


def _papers(work: UnitOfWork, case_id: int) -> Iterator[str]:
    found = select(Paper.number, Paper.code, Paper.title).where(Paper.case_id == case_id).order_by(Paper.id)
    for number, code, title in work.session.execute(found):
        yield from (number or "", code, title)


def _submitted(work: UnitOfWork, case: Case) -> Iterator[str]:
    """The texts of the newest submission of each form, one by one."""
    newest: dict[tuple[str, str], Submission] = {}
    for one in work.session.scalars(select(Submission).where(Submission.case_id == case.id).order_by(Submission.id)):
        newest[one.form, str(sorted(one.item.items()))] = one
    forms = compiled_of(work.session, case.deployment_id).forms if newest else {}
    for one in newest.values():
        form = forms.get(one.form)
        if form is not None and "objection_id" not in one.item:
            yield from _texts(form, one.data)


def _texts(form: CompiledForm, data: Mapping[str, Any]) -> Iterator[str]:
    """What was written into the fields that all staff of the case may read."""
    anybodys = levels(form.form, ())
    for name, node in form.fields.items():
        is_open = form.classification[name] in _OPEN and anybodys[node.id] != "hidden"
        if node.type in _WRITTEN and is_open:
            yield from _at(data, name.split("."))


def _at(value: Any, path: list[str]) -> Iterator[str]:
    """The texts at a path; `members[]` stands for every row."""
    if not path:
        yield from (value,) if isinstance(value, str) else ()
        return
    inner = value.get(path[0].removesuffix("[]")) if isinstance(value, Mapping) else None
    rows = inner if path[0].endswith("[]") and isinstance(inner, list) else [inner]
    for row in rows:
        yield from _at(row, path[1:])
