"""What others ask of a person beside the tasks: signatures, and cases sent for reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store.access import visible
from service.store.cases import Case
from service.store.copies import Copy
from service.store.signatures import AFTER, OPEN, Signature
from service.store.user_tasks import OPEN as OPEN_TASK
from service.store.user_tasks import UserTask
from service.store.users import User


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A signature that is waited for; not `ready`: the task's owner has not submitted yet."""

    signature_id: int
    task_id: int
    task_name: str
    case_id: int
    case_title: str
    case_number: str | None
    who: str
    question: str
    asked_at: datetime
    ready: bool


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A case sent for reading."""

    copy_id: int
    case_id: int
    case_title: str
    case_number: str | None
    who: str
    note: str
    sent_at: datetime


def to_sign(session: Session, actor: Actor, *, after: str = "", size: int = PAGE) -> Page[AskedRow]:
    """The signatures asked of the person, the longest asked first."""
    asker, position = aliased(User), read_id_cursor(after)
    chosen = (
        select(Signature, UserTask, Case, asker.name)
        .join(UserTask, UserTask.id == Signature.task_id)
        .join(Case, Case.id == UserTask.case_id)
        .join(asker, asker.id == Signature.asked_by)
        .where(Signature.user_id == actor.user_id, Signature.state == OPEN, UserTask.status == OPEN_TASK)
        .where(visible(actor))
        .order_by(Signature.id)
        .limit(size + 1)
    )
    if position is not None:
        chosen = chosen.where(Signature.id > position)
    rows = [
        AskedRow(
            one.id, task.id, task.name, case.id, case.title, case.number, who, one.question, one.asked_at,
            one.place != AFTER or task.sealed is not None,
        )
        for one, task, case, who in session.execute(chosen)
    ]  # fmt: skip
    shown, last = cut(rows, size)
    return Page(shown, str(last.signature_id) if last else "")


def copies(session: Session, actor: Actor, *, after: str = "", size: int = PAGE) -> Page[CopyRow]:
    """The cases sent to the person, the newest first."""
    position = read_id_cursor(after)
    chosen = (
        select(Copy, Case, User.name)
        .join(Case, Case.id == Copy.case_id)
        .join(User, User.id == Copy.sent_by)
        .where(Copy.user_id == actor.user_id, visible(actor))
        .order_by(Copy.id.desc())
        .limit(size + 1)
    )
    if position is not None:
        chosen = chosen.where(Copy.id < position)
    rows = [
        CopyRow(one.id, case.id, case.title, case.number, who, one.note, one.sent_at)
        for one, case, who in session.execute(chosen)
    ]
    shown, last = cut(rows, size)
    return Page(shown, str(last.copy_id) if last else "")
