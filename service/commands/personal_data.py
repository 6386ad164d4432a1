"""Show somebody personal data that are masked for them: the reason stands in the audit trail before they are shown."""

from __future__ import annotations

from service.commands.trail import note
from service.domain.access import require
from service.domain.errors import NotFound
from service.store.access import case_facts
from service.store.cases import Case
from service.store.unit_of_work import UnitOfWork


def reveal(work: UnitOfWork, case_id: int, reason: str, file: str = "") -> None:
    """Note who wants to read them and why; `file` is the code of the one file that is opened, empty for the forms.

    Raises NotFound for a case that the actor may not see.
    """
    case = work.session.get(Case, case_id)
    if case is None:
        raise NotFound()
    require(work.actor, "see-case", case_facts(work.session, work.actor, case), work.now)
    details = {"reason": reason} | ({"file": file} if file else {})
    note(work, "personal-data-revealed", "case", case_id, details, case_id=case_id)
