"""Keep an uploaded file before its form is judged, so that a wrong form never loses it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import IO

from sqlalchemy import select

from service.commands.ports import ports
from service.commands.task_locks import hold, refuse_unless_workable
from service.commands.trail import note
from service.delivery.file_types import MAX_UPLOAD_BYTES, MEDIA_TYPES, accept_file
from service.domain.errors import FileRefused
from service.store.attachments import UNANSWERED, Attachment
from service.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was judged by its content before any transaction: the scan may take long."""

    name: str
    media_type: str
    content: bytes
    scan: str


def examine(
    name: str, stream: IO[bytes], *, allowed: Collection[str] = tuple(MEDIA_TYPES), limit: int = MAX_UPLOAD_BYTES
) -> Examined:
    """Judge a file: one of the kinds `allowed` (extensions), not empty, at most `limit` bytes, not infected.

    Raises FileRefused with the reason.
    """
    content = stream.read(limit + 1)
    accepted = accept_file(name, content, limit=limit, allowed=allowed)
    verdict = ports().scanner.scan(content)
    if verdict == "infected":
        raise FileRefused(name=accepted.name, zh="查出病毒，请换一份干净的文件", en="a virus was found in it")
    return Examined(accepted.name, accepted.media_type, content, verdict)


def note_scan(work: UnitOfWork, code: str, verdict: str) -> None:
    """Keep what the scanner says of a file that it had not answered for."""
    row = work.session.scalars(select(Attachment).where(Attachment.code == code, Attachment.scan == UNANSWERED)).first()
    if row is not None and verdict != UNANSWERED:
        row.scan = verdict
        note(work, "file-scanned", "attachment", code, {"name": row.name, "scan": verdict}, case_id=row.case_id)


def keep(work: UnitOfWork, task_id: int, field: str, file: Examined) -> str:
    """Keep a file for one field of an open task; returns its code (`att-…`)."""
    held = hold(work, task_id)
    refuse_unless_workable(work, held)
    task = held.task
    stored = ports().blobs.put(file.content)
    code = "att-" + secrets.token_hex(8)
    work.session.add(
        Attachment(
            code=code,
            case_id=task.case_id,
            task_id=task.id,
            field=field,
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            sha256=stored,
            scan=file.scan,
            uploaded_by=work.actor.user_id,
            uploaded_at=work.now,
        )
    )
    details = {"code": code, "name": file.name, "size": len(file.content), "sha256": stored, "scan": file.scan}
    note(work, "attachment-kept", "attachment", code, details, case_id=task.case_id)
    return code
