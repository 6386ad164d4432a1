"""Take away what is over its period: each case in a transaction of its own, noted in the audit trail.

The trail is not changed: it holds what was done, by whom and when, and the inputs of decisions, which a decision has to
be explained from. Rows stay, so that numbers, hashes and histories hold; what they said of a person is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import case, delete, select, update

from service.commands import expired
from service.commands.expired import NO_NAME
from service.commands.ports import ports
from service.commands.trail import note
from service.domain.personal import Periods, replaced
from service.programmes.compiled import compiled_of
from service.store.archive import blob_names
from service.store.attachments import ERASED, Attachment
from service.store.cases import Case
from service.store.notices import Objection
from service.store.registrations import ASKED, REFUSED, Registration
from service.store.session import changed
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork

# What stays of a row for the record, emptied; of every other kind the rows go.
EMPTIED: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "mails": {"payload": {}, "last_error": None},
        "addresses": {"address": ""},
        "registrations": {
            "email": "",
            "profile": {},
            "licence": {},
            "licence_sha256": "",
            "token_hash": None,
            # what was asked for and never sent is refused, so that the unit can ask anew
            "state": case((Registration.state == ASKED, REFUSED), else_=Registration.state),
        },
    }
)
FILE: Final = "file"  # beside the classes of fields: a field that names a file


def clear_case(work: UnitOfWork, case_id: int, periods: Periods) -> frozenset[str]:
    """Empty the fields, forget the files and the objectors of one case whose time is over; the hashes of the files."""
    case = work.session.get_one(Case, case_id, with_for_update=True)
    taken = expired.over(work.session, case, periods, work.now)
    assert case.ended_at is not None  # noqa: S101 # as the query says
    classes, without_files = periods.classes_over(case.ended_at, work.now), periods.files_over(case.ended_at, work.now)
    _empty_fields(work, case, classes | ({FILE} if without_files else set()))
    if classes:
        named = update(Objection).where(Objection.case_id == case.id, Objection.name != NO_NAME)
        changed(work.session, named.values(name=NO_NAME, contact=""))
    hashes: frozenset[str] = frozenset()
    if without_files:
        kept = (Attachment.case_id == case.id, Attachment.scan != ERASED)
        hashes = frozenset(work.session.scalars(select(Attachment.sha256).where(*kept)))
        changed(work.session, update(Attachment).where(*kept).values(scan=ERASED, name="已按期限清除", sha256=""))
    counts = {"fields": taken.fields, "files": taken.files, "objectors": taken.objectors}
    note(work, "personal-data-cleared", "case", case.id, {**counts, "classes": sorted(classes)}, case_id=case.id)
    return hashes


def clear_rest(work: UnitOfWork, periods: Periods) -> tuple[Mapping[str, int], frozenset[str]]:
    """Beside the cases: how many rows of each kind in `expired.RESTS`, and the hashes of the licences among them."""
    over = {kind: condition(periods, work.now) for kind, (_table, condition) in expired.RESTS.items()}
    licences = frozenset(work.session.scalars(select(Registration.licence_sha256).where(over["registrations"])))
    taken = {}
    for kind, (table, _condition) in expired.RESTS.items():
        emptied = EMPTIED.get(kind)
        statement = delete(table) if emptied is None else update(table).values(**emptied)
        taken[kind] = changed(work.session, statement.where(over[kind]))
    if any(taken.values()):
        note(work, "old-data-cleared", "service", "retention", {kind: count for kind, count in taken.items() if count})
    return taken, licences - {""}


def forget_files(work: UnitOfWork, hashes: Collection[str]) -> int:
    """Remove the bytes of cleared files that no other row names; call it after those were committed. How many went."""
    left = set(hashes) - blob_names(work.session)
    for sha256 in left:
        ports().blobs.remove(sha256)
    return len(left)


def _empty_fields(work: UnitOfWork, case: Case, classes: frozenset[str]) -> None:
    """Nothing in the place of what is of these classes, and of what names a file that is gone."""
    forms = compiled_of(work.session, case.deployment_id).forms
    for one in work.session.scalars(select(Submission).where(Submission.case_id == case.id)):
        if one.form in forms:
            form = forms[one.form]
            named = {**form.classification, **(dict.fromkeys(form.file_fields, FILE) if FILE in classes else {})}
            data, count = replaced(one.data, named, classes, lambda _value: None)
            if count:
                one.data = data
