"""Tells the lead unit what its members answer: each refusal at once with its reason, and that the last has answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from service.domain.identity import group_at
from service.operations.recipients import tell_groups
from service.store.case_view import MEMBER_CONFIRMATION
from service.store.cases import Case
from service.store.members import Member
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask


def tell_lead(work: UnitOfWork, task: UserTask, case: Case, data: Mapping[str, Any], following: Iterable[str]) -> None:
    """What a member has just answered in `task`; `following` are the names of the steps that came of it.

    Nothing is told of a confirmation while others are still waited for: the case's page counts them.
    """
    if task.form != MEMBER_CONFIRMATION or case.applicant_id is None:
        return
    member = work.session.get(Member, int(task.inputs["member"]))
    name = member.name if member is not None else ""
    refused, over = data.get("confirmed") is False, not _waiting(work, case.id)
    if not refused and not over:
        return
    steps = tuple(dict.fromkeys(following)) if over else ()
    why = data.get("reason") or ""
    zh = [f"“{name}”不同意参加。原因：{why}"] if refused else []
    en = [f"“{name}” declines to take part. Reason: {why}"] if refused else []
    if over:
        zh.append("成员单位都已答复。" + (f"接下来：{'、'.join(steps)}。" if steps else ""))
        en.append("Every member has answered." + (f" Next: {', '.join(steps)}." if steps else ""))
    title = "成员单位不同意参加" if refused else "成员单位都已答复"
    title_en = "A member declines to take part" if refused else "Every member has answered"
    about = f"{case.number or ''} {case.title}".strip()
    tell_groups(
        work, [group_at("lead", case.applicant_id)], title, "\n\n".join([about, *zh]), case_id=case.id,
        once=f"member-answer:{task.id}", english=(title_en, "\n\n".join([about, *en])),
    )  # fmt: skip


def _waiting(work: UnitOfWork, case_id: int) -> bool:
    """Whether another member of the case has not answered yet."""
    open_ones = select(UserTask.id).where(
        UserTask.case_id == case_id, UserTask.form == MEMBER_CONFIRMATION, UserTask.status == OPEN
    )
    return work.session.scalar(open_ones.limit(1)) is not None
