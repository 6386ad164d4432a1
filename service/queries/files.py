"""One uploaded file by its code, for whoever may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.forms import view
from service.queries import case_page, materials, task_page
from service.queries.objections import may_know, secret_files
from service.store.attachments import ERASED, GIVEN_OUT, UNANSWERED, Attachment
from service.store.user_tasks import OPEN, TaskGroup, UserTask

__all__ = ["GIVEN_OUT", "UNANSWERED", "FileRef", "find"]


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
    if row is None or row.scan == ERASED:
        raise NotFound()
    facts = case_page.facts(session, actor, row.case_id)
    if code in secret_files(session, row.case_id):
        allowed = may_know(session, actor, row.case_id, now)
    else:
        allowed = (
            any(one.code == code for one in case_page.files(session, actor, facts))
            or _is_shown_by_a_task(session, actor, row, now)
            or _is_shown_in_the_material(session, actor, facts, code, now)
        )
    if not allowed:
        raise NotFound()
    return FileRef(row.name, row.media_type, row.sha256, row.scan)


def _is_shown_by_a_task(session: Session, actor: Actor, file: Attachment, now: datetime) -> bool:
    """Whether the form of a task that waits for the actor shows it: a member reads the agreement it is to confirm."""
    waiting = (
        select(TaskGroup.task_id)
        .join(UserTask, UserTask.id == TaskGroup.task_id)
        .where(UserTask.case_id == file.case_id, UserTask.status == OPEN, TaskGroup.group_key.in_(actor.groups))
    )
    for task_id in session.scalars(waiting.distinct()):
        page = task_page.load(session, actor, task_id, now)
        if not page.task.form:
            continue
        form = task_page.form_of(session, page, actor, now)
        shown = view(form.compiled, form.given, roles=form.roles, variables=form.variables, functions=form.functions)
        if file.code in shown.previews:
            return True
    return False


def _is_shown_in_the_material(
    session: Session, actor: Actor, facts: case_page.CaseFacts, code: str, now: datetime
) -> bool:
    """Whether a submitted form shows it to its reader: a member reads again the agreement it has confirmed."""
    return any(code in one.view.previews for one in materials.materials(session, actor, facts, "zh", now))
