"""One uploaded file by its code, for whoever may read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.domain.personal import CLASSES, needs_personal_data
from service.forms import view
from service.programmes.compiled import compiled_of
from service.queries import case_page, materials, task_page
from service.queries.objections import may_know, secret_files
from service.store.attachments import ERASED, GIVEN_OUT, UNANSWERED, Attachment
from service.store.user_tasks import OPEN, TaskGroup, UserTask

_ROW: Final = re.compile(r"\[\d+\]")  # of a name in a list: members[0].authorisation

__all__ = ["GIVEN_OUT", "UNANSWERED", "FileRef", "find", "masked_files"]


@dataclass(frozen=True, slots=True)
class FileRef:
    """What a download needs."""

    name: str
    media_type: str
    sha256: str
    scan: str
    is_masked: bool = False  # personal, and the reader has no task of the case: shown for a reason alone


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
    return FileRef(row.name, row.media_type, row.sha256, row.scan, code in masked_files(session, actor, facts))


def case_of(session: Session, code: str) -> int:
    """The case of a file; the caller has judged that it may be read."""
    return session.scalars(select(Attachment.case_id).where(Attachment.code == code)).one()


def masked_files(session: Session, actor: Actor, facts: case_page.CaseFacts) -> frozenset[str]:
    """The codes of the case's files that stand in a personal or sensitive field, for a reader who does not need them.

    A field is masked in part, a file cannot be: it is opened for a reason that stands in the trail.
    """
    if needs_personal_data(actor, facts.rule):
        return frozenset()
    forms = compiled_of(session, facts.deployment_id).forms
    rows = session.execute(
        select(Attachment.code, Attachment.field, UserTask.form)
        .join(UserTask, UserTask.id == Attachment.task_id)
        .where(Attachment.case_id == facts.case_id)
    )
    return frozenset(
        code
        for code, field, form in rows
        if form is not None and form in forms and forms[form].classification.get(_ROW.sub("[]", field)) in CLASSES
    )


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
    return any(code in one.view.previews for one in materials.materials(session, actor, facts, "zh", now, whole=True))
