"""Tell one person what somebody did that concerns them: a notification in the service, and a mail by the outbox."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from service.operations.recipients import tell_groups
from service.store import outbox
from service.store.cases import Case
from service.store.messages import Message
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import TaskGroup, UserTask
from service.store.users import User


def tell_people(work: UnitOfWork, people: Iterable[int | None], case: Case, title: str, body: str) -> None:
    """A notification each, and a mail to each with an address; the actor is not told what the actor did."""
    wanted = sorted({one for one in people if one is not None and one != work.actor.user_id})
    text = f"案件 {case.number or case.id}（{case.title}）\n\n{body}"
    found = work.session.execute(select(User.id, User.email, User.name).where(User.id.in_(wanted), User.active))
    for user_id, address, name in found:
        work.session.add(
            Message(user_id=user_id, group_key=None, case_id=case.id, title=title, body=text, created_at=work.now)
        )
        if address:
            payload = {"to": address, "to_name": name, "subject": title, "body": text, "case_id": case.id}
            once = f"mail:{case.id}:{user_id}:{title}:{work.now.isoformat()}"
            outbox.add(work.session, "mail", payload, dedupe_key=once, now=work.now)


def tell_workers(work: UnitOfWork, task: UserTask, case: Case, title: str, body: str) -> None:
    """Who has the task and its owner; its groups where nobody has taken it."""
    if task.assignee_id is not None:
        tell_people(work, [task.assignee_id, task.owner_id], case, title, body)
        return
    keys = work.session.scalars(select(TaskGroup.group_key).where(TaskGroup.task_id == task.id))
    text = f"案件 {case.number or case.id}（{case.title}）\n\n{body}"
    tell_groups(work, keys, title, text, case_id=case.id, once=f"{task.id}-{work.now.isoformat()}")
