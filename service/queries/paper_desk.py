"""The receipt desk (纸质收件): what a scanned or typed code stands for, what is still expected, what came in last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.domain.numbering import read_code
from service.store.access import fits_task, visible
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.papers import Paper
from service.store.submissions import Submission
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from service.store.users import User

RECEIPT_FORM: Final = "paper-receipt"
PAPER_SET: Final = "paper-set"
CHECKED: Final = "paper-receipt"  # the letter given for a set that was found in order
LATEST: Final = 20
LONGEST: Final = 300

Found = Literal["open", "taken", "received", "late", "not-yet", "other-paper", "unknown", "blank"]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a code stands for: the case and the open receipt, or why there is none to fill in."""

    found: Found
    code: str
    case_id: int | None = None
    number: str = ""
    title: str = ""
    task_id: int | None = None
    holder: str = ""
    older: bool = False  # a set printed before the newest version
    paper: str = ""  # the title of what was scanned, where it is no paper set
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One receipt that was filled in, with the letter it led to."""

    task_id: int
    case_id: int
    number: str
    title: str
    applicant: str
    at: datetime
    copies: int
    accepted: bool
    paper_id: int | None
    paper_title: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A set that has not come in, or not whole."""

    task_id: int
    case_id: int
    number: str
    title: str
    applicant: str
    due_at: datetime | None


def scan(session: Session, actor: Actor, entered: str) -> Scan:
    """What the code, or the number of a case, leads to; a case the actor may not see is unknown."""
    code = read_code(entered[:LONGEST])
    if not code:
        return Scan("blank", "")
    paper = session.scalars(select(Paper).where(Paper.code == code)).one_or_none()
    by_number = select(Case.id).where(func.upper(Case.number) == code)
    case_id = paper.case_id if paper is not None else session.scalar(by_number)
    case = session.scalar(select(Case).where(Case.id == case_id, visible(actor))) if case_id is not None else None
    if case is None:
        return Scan("unknown", code)
    about = Scan("not-yet", code, case.id, case.number or "", case.title)
    if paper is not None and paper.letter != PAPER_SET:
        return replace(about, found="other-paper", paper=paper.title)
    task = session.scalar(_open_receipts(actor).where(UserTask.case_id == case.id).limit(1))
    if task is None:
        return _closed(session, case, about)
    if task.assignee_id not in (None, actor.user_id):
        name = session.scalar(select(User.name).where(User.id == task.assignee_id)) or ""
        return replace(about, found="taken", task_id=task.id, holder=name)
    newest = select(func.max(Paper.id)).where(Paper.case_id == case.id, Paper.letter == PAPER_SET)
    older = paper is not None and paper.id != session.scalar(newest)
    return replace(about, found="open", code=code if paper is not None else "", task_id=task.id, older=older)


def _closed(session: Session, case: Case, about: Scan) -> Scan:
    """Why no receipt is open: received, too late, or not due yet."""
    given = select(Paper.issued_at).where(Paper.case_id == case.id, Paper.letter == CHECKED)
    at = session.scalar(given.order_by(Paper.id.desc()).limit(1))
    if at is not None:
        return replace(about, found="received", at=at)
    if case.ended_at is not None:
        return replace(about, found="late", at=case.ended_at)
    return about


def expected(session: Session, actor: Actor) -> Sequence[Expected]:
    """The sets this actor may receive, the earliest due first."""
    rows = session.execute(
        _open_receipts(actor)
        .with_only_columns(UserTask.id, Case.id, Case.number, Case.title, Organisation.name, UserTask.due_at)
        .join(Case, Case.id == UserTask.case_id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .order_by(UserTask.due_at.is_(None), UserTask.due_at, UserTask.id)
        .limit(LATEST)
    )
    return [Expected(row[0], row[1], row[2] or "", row[3], row[4] or "", row[5]) for row in rows]


def count_expected(session: Session, actor: Actor) -> int:
    """How many sets this actor may still receive."""
    counted = _open_receipts(actor).with_only_columns(func.count(UserTask.id.distinct()))
    return session.scalar(counted) or 0


def received(session: Session, actor: Actor) -> Sequence[Received]:
    """The receipts this actor has filled in, the newest first, each with the receipt or the list of defects."""
    rows = session.execute(
        select(Submission, Case, Organisation.name, Paper.id, Paper.letter, Paper.title)
        .join(Case, Case.id == Submission.case_id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .outerjoin(
            Paper,
            and_(
                Paper.case_id == Submission.case_id,
                Paper.issued_at == Submission.submitted_at,
                Paper.letter.in_((CHECKED, "paper-defects", "paper-late")),
            ),
        )
        .where(Submission.form == RECEIPT_FORM, Submission.submitted_by == actor.user_id)
        .order_by(Submission.id.desc())
        .limit(LATEST)
    )
    return [
        Received(
            task_id=row.task_id or 0, case_id=case.id, number=case.number or "", title=case.title,
            applicant=applicant or "", at=row.submitted_at, copies=int(row.data.get("copies_received") or 0),
            accepted=letter == CHECKED, paper_id=paper_id, paper_title=title or "",
        )
        for row, case, applicant, paper_id, letter, title in rows
    ]  # fmt: skip


def is_receipt(session: Session, task_id: int) -> bool:
    """Whether the task is a receipt of papers, whose clerk goes back to the desk."""
    return bool(session.scalar(select(exists().where(UserTask.id == task_id, UserTask.form == RECEIPT_FORM))))


def _open_receipts(actor: Actor) -> Select[UserTask]:
    mine = UserTask.id.in_(select(TaskGroup.task_id).where(TaskGroup.group_key.in_(sorted(actor.groups))))
    return select(UserTask).where(
        UserTask.status == OPEN,
        UserTask.form == RECEIPT_FORM,
        or_(mine, UserTask.assignee_id == actor.user_id),
        fits_task(actor),
    )
