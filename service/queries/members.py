"""The member units of a case, each with what it has answered, how, and what is still being waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.domain.credit_code import is_valid_credit_code
from service.programmes.compiled import CompiledProgramme
from service.store import task_links
from service.store.case_view import MEMBER_CONFIRMATION
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.submissions import Submission
from service.store.task_links import TaskLink
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User


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
    """A unit of the newest list; `task` is open while the answer is waited for, `link` the newest sent for it.

    `mute` is a unit that cannot answer at all: it has no account, and no address is known to send a link to.
    """

    name: str
    kind: str | None
    credit_code: str | None
    answer: Answer | None
    task: UserTask | None
    link: TaskLink | None
    mute: bool = False

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
    """The newest list in its order. Four statements, and a fifth where somebody who has to answer got no link."""
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
    unsent = [row for row in rows if row.id in tasks and tasks[row.id].id not in links]
    silent = set(mute(session, [{**row.data, "credit_code": row.credit_code} for row in unsent]))
    return tuple(
        MemberRow(
            row.name, row.kind, row.credit_code, answers.get(row.id) if row.id not in tasks else None,
            tasks.get(row.id), links.get(tasks[row.id].id) if row.id in tasks else None, row.credit_code in silent,
        )
        for row in rows
    )  # fmt: skip


def mute_in_draft(
    session: Session, programme: CompiledProgramme, data: Mapping[str, Any]
) -> tuple[tuple[int, str], ...]:
    """Place (from 1) and name of each unit a draft lists that could never confirm; none where nobody is asked to."""
    rows = data.get("members")
    if MEMBER_CONFIRMATION not in programme.forms or not isinstance(rows, list):
        return ()
    listed = [(place, row) for place, row in enumerate(rows, start=1) if is_valid_credit_code(_code_in(row))]
    silent = mute(session, [row for _, row in listed])
    return tuple((place, row.get("name") or _code_in(row)) for place, row in listed if _code_in(row) in silent)


def _code_in(row: Any) -> str:
    return str(row.get("credit_code") or "") if isinstance(row, Mapping) else ""


def mute(session: Session, declared: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The credit codes of those declared units that could never confirm: no account, and no address for a link.

    A unit answers signed in, or by a link sent to its registered address, else to the one that the lead declares.
    """
    codes = dict.fromkeys(code for row in declared if not row.get("contact_email") and (code := _code_in(row)))
    if not codes:
        return ()
    staffed = exists().where(User.organisation_id == Organisation.id, User.active)
    known = session.execute(
        select(Organisation.credit_code, Organisation.contact, staffed).where(Organisation.credit_code.in_(codes))
    )
    reached = {code for code, contact, has_people in known if has_people or (contact or {}).get("email")}
    return tuple(code for code in codes if code not in reached)


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
