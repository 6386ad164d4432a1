"""One uploaded file by its code, for whoever may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries import case_page
from service.queries.objections import may_know, secret_files
from service.store.attachments import Attachment


@dataclass(frozen=True, slots=True)
class FileRef:
    """What a download needs."""

    name: str
    media_type: str
    sha256: str
    scan: str


def find(session: Session, actor: Actor, code: str, now: datetime) -> FileRef:
    """The file; raises NotFound also for what the actor may not read. An objector's is the authority's alone."""
    row = session.scalar(select(Attachment).where(Attachment.code == code))
    if row is None:
        raise NotFound()
    facts = case_page.facts(session, actor, row.case_id)
    if code in secret_files(session, row.case_id):
        allowed = may_know(session, actor, row.case_id, now)
    else:
        allowed = any(one.code == code for one in case_page.files(session, actor, facts))
    if not allowed:
        raise NotFound()
    return FileRef(row.name, row.media_type, row.sha256, row.scan)
