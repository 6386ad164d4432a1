"""One uploaded file by its code, for whoever may read it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries import case_page
from service.store.attachments import Attachment


def find(session: Session, actor: Actor, code: str) -> case_page.FileRow:
    """The file; raises NotFound also for what the actor may not read."""
    case_id = session.scalar(select(Attachment.case_id).where(Attachment.code == code))
    if case_id is None:
        raise NotFound()
    facts = case_page.facts(session, actor, case_id)
    for row in case_page.files(session, actor, facts):
        if row.code == code:
            return row
    raise NotFound()
