"""One digest a person a day of what is soon due: in the service, and by mail; and the hours in which no mail rings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from service.commands.draft_gaps import gaps
from service.domain.calendar import ONE_DAY
from service.domain.deadlines import ZONE
from service.domain.due_sentence import sentence
from service.domain.errors import Language
from service.domain.written import written
from service.store import outbox
from service.store.cases import Case
from service.store.messages import Message
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User

Hours = tuple[time, time]


def write(work: UnitOfWork, user_id: int, task_ids: Collection[int], *, once: str) -> None:
    """Tell a person of those of the tasks that are still open, with the dates as they stand now.

    A task that was done or whose date was taken away since is left out; with none left nothing is told. What the
    person's own draft of a task still lacks is named.
    """
    person = work.session.get(User, user_id)
    found = work.session.execute(
        select(UserTask, Case.number, Case.title)
        .join(Case, Case.id == UserTask.case_id)
        .where(UserTask.id.in_(task_ids), UserTask.status == OPEN, UserTask.due_at.is_not(None))
        .order_by(UserTask.due_at, UserTask.id)
    ).all()
    if person is None or not person.active or not found:
        return
    language: Language = "en" if person.language == "en" else "zh"
    title = f"{len(found)} due soon" if language == "en" else f"今日提醒：{len(found)} 项即将到期"
    body = "\n\n".join(
        f"{written(task.due_at, language)}  {task.name}：{number or ''} {case_title}\n{_why(task.due_reason, language)}"
        f"{gaps(work, task, user_id)[language]}"
        for task, number, case_title in found
        if task.due_at is not None
    )
    work.session.add(
        Message(user_id=user_id, group_key=None, case_id=None, title=title, body=body, created_at=work.now)
    )
    if person.email:
        payload = {"to": person.email, "to_name": person.name, "subject": title, "body": body, "quiet": True}
        outbox.add(work.session, "mail", payload, dedupe_key=f"mail:{once}", now=work.now)


def _why(reason: dict[str, Any] | None, language: str) -> str:
    return sentence(reason, language) if reason else ""


def quiet_until(now: datetime, hours: Hours | None) -> datetime | None:
    """When the quiet hours that `now` is in end; None outside them. Their start is inside, their end is not.

    >>> from datetime import UTC
    >>> night = (time(21), time(8))
    >>> quiet_until(datetime(2025, 4, 15, 16, 0, tzinfo=UTC), night).astimezone(ZONE).isoformat()
    '2025-04-16T08:00:00+08:00'
    >>> quiet_until(datetime(2025, 4, 15, 0, 0, tzinfo=UTC), night) is None
    True
    """
    if hours is None:
        return None
    here, (first, last) = now.astimezone(ZONE), hours
    over_midnight = first > last
    clock = here.time()
    inside = (clock >= first or clock < last) if over_midnight else first <= clock < last
    if not inside:
        return None
    day = here.date() + ONE_DAY if over_midnight and clock >= first else here.date()
    return datetime.combine(day, last, ZONE)
