"""Keep an uploaded file before its form is judged, so that a wrong form never loses it."""

from __future__ import annotations

import secrets
from typing import BinaryIO

from service.commands.ports import ports
from service.commands.task_locks import hold, refuse_unless_workable
from service.commands.trail import note
from service.delivery.file_types import MAX_UPLOAD_BYTES, accept_file
from service.domain.errors import FileRefused
from service.store.attachments import Attachment
from service.store.unit_of_work import UnitOfWork


def keep(work: UnitOfWork, task_id: int, field: str, name: str, stream: BinaryIO) -> str:
    """Keep a file for one field of an open task; returns its code (`att-…`).

    Judged by content: allowed type, not empty, not over the limit, not infected. Raises FileRefused with the reason.
    """
    held = hold(work, task_id)
    refuse_unless_workable(work, held)
    task = held.task
    outside = ports()
    stream.seek(0)  # a second try of the transaction reads it again
    content = stream.read(MAX_UPLOAD_BYTES + 1)
    accepted = accept_file(name, content)
    verdict = outside.scanner.scan(content)
    if verdict == "infected":
        raise FileRefused(name=accepted.name, zh="查出病毒，请换一份干净的文件", en="a virus was found in it")
    stored = outside.blobs.put(content)
    code = "att-" + secrets.token_hex(8)
    work.session.add(
        Attachment(
            code=code,
            case_id=task.case_id,
            task_id=task.id,
            field=field,
            name=accepted.name,
            media_type=accepted.media_type,
            size=len(content),
            sha256=stored,
            scan=verdict,
            uploaded_by=work.actor.user_id,
            uploaded_at=work.now,
        )
    )
    details = {"code": code, "name": accepted.name, "size": len(content), "sha256": stored, "scan": verdict}
    note(work, "attachment-kept", "attachment", code, details, case_id=task.case_id)
    return code
