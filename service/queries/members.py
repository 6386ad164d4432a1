"""The member units of a case, each with what it has answered, how, and what is still being waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store import task_links
from service.store.case_view import MEMBER_CONFIRMATION
from service.store.members import Member
from service.store.submissions import Submission
from service.store.task_links import TaskLink
from service.store.user_tasks import OPEN, UserTask


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit has answered; `by` is the person as the unit named them, `by_link` whether without an account."""

    agreed: bool
    reason: str
    by: str
    capacity: str
    by_link: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A unit of the newest list; `task` is open while the answer is waited for, `link` the newest sent for it."""

    name: str
    kind: str | None
    credit_code: str | None
    answer: Answer | None
    task: UserTask | None
    link: TaskLink | None

    @property
    def address(self) -> str:
        """Where the newest link went, so that its owner recognises it and nobody else learns it."""
        name, at, domain = (self.link.address if self.link is not None else "").partition("@")
        return f"{name[:2]}***{at}{domain}" if at else ""

    @property
    def link_holds(self) -> bool:
        """Whether the newest link can still be used."""
        return self.link is not None and self.link.used_at is None and self.link.revoked_at is None


def members(session: Session, case_id: int) -> tuple[MemberRow, ...]:
    """The newest list in its order. Four statements."""
    rows = session.scalars(select(Member).where(Member.case_id == case_id).order_by(Member.position, Member.id)).all()
    if not rows:
        return ()
    answers = _answers(session, case_id)
    tasks = {
        _member_of(task.inputs): task
        for task in session.scalars(
            select(UserTask).where(
                UserTask.case_id == case_id, UserTask.form == MEMBER_CONFIRMATION, UserTask.status == OPEN
            )
        )
    }
    links = task_links.newest(session, [task.id for task in tasks.values()])
    return tuple(
        MemberRow(
            row.name, row.kind, row.credit_code, answers.get(row.id) if row.id not in tasks else None,
            tasks.get(row.id), links.get(tasks[row.id].id) if row.id in tasks else None,
        )
        for row in rows
    )  # fmt: skip


def _answers(session: Session, case_id: int) -> dict[int | None, Answer]:
    found = session.scalars(
        select(Submission)
        .where(Submission.case_id == case_id, Submission.form == MEMBER_CONFIRMATION)
        .order_by(Submission.id)
    )
    return {_member_of(row.item): _answer(row) for row in found}


def _answer(row: Submission) -> Answer:
    data = row.data
    return Answer(
        agreed=data.get("confirmed") is True,
        reason=str(data.get("reason") or ""),
        by=str(data.get("confirmer_name") or ""),
        capacity=str(data.get("confirmer_capacity") or ""),
        by_link=row.submitted_by is None,
        at=row.submitted_at,
    )


def _member_of(item: Mapping[str, Any]) -> int | None:
    member = item.get("member")
    key = member.get("id") if isinstance(member, Mapping) else member
    return int(str(key)) if str(key or "").isdigit() else None
