"""What came of a case above is told below: the centre's history says so, and who nominated it hears the message."""

from __future__ import annotations

from sqlalchemy import select

from service.domain.deadlines import local_date
from service.store import case_bases, outbox
from service.store.case_bases import UPPER_ENDED
from service.store.cases import Case
from service.store.register import RegisterChange, RegisterEntry
from service.store.unit_of_work import UnitOfWork


def told_below(work: UnitOfWork, case: Case) -> None:
    """A case that has ended and rests on a lower centre: each nomination of it hears whether it was `promoted`.

    It was, if the case has entered the upper register. The lower case acts on it after this transaction.
    """
    basis = case_bases.promotion_of(work.session, case.id)
    if basis is None:
        return
    made = work.session.scalar(select(RegisterEntry.id).where(RegisterEntry.case_id == case.id).limit(1))
    entry = work.session.get_one(RegisterEntry, basis.register_entry_id)
    kind = "promoted-above" if made is not None else "not-promoted"
    change = RegisterChange(
        register_entry_id=entry.id,
        case_id=case.id,
        on_date=local_date(work.now),
        at=work.now,
        kind=kind,
        state=entry.state,
        note=f"案件 {case.number}",
    )
    work.session.add(change)
    variables = {"promoted": made is not None, "upper_case": case.number}
    for nomination in case_bases.nominations(work.session, entry.id):
        payload = {"case_id": nomination, "name": UPPER_ENDED, "variables": variables}
        once = f"{UPPER_ENDED}:{case.id}:{nomination}"
        outbox.add(work.session, "message", payload, dedupe_key=once, now=work.now)
