"""Note in the audit trail what somebody took out of the service as a file: a list, or the dossier of a case."""

from __future__ import annotations

from service.commands.trail import note
from service.store.unit_of_work import UnitOfWork


def note_list(work: UnitOfWork, name: str, rows: int, asked: str) -> None:
    """A list was exported; `asked` is the query string that narrowed it."""
    note(work, "list-exported", "list", name, {"name": name, "rows": rows, "asked": asked})


def note_dossier(work: UnitOfWork, case_id: int, files: int, size: int, sha256: str) -> None:
    """The dossier of a case was exported: how many files, how many bytes, and the hash of the whole."""
    note(work, "dossier-exported", "case", case_id, {"files": files, "size": size, "sha256": sha256}, case_id=case_id)
