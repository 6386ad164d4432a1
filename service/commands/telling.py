"""Tell one person what concerns them: a notification in the service, and a mail by the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import literal, select

from service.domain.deadlines import local_date
from service.operations.recipients import tell_groups
from service.store import outbox
from service.store.cases import Case
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import TaskGroup, UserTask
from service.store.users import Grant, User, is_valid

ADMINISTRATOR: Final = "administrator"
Words = Mapping[str, tuple[str, str]]  # title and body by language


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


def tell_administrators(work: UnitOfWork, words: Words, *, once: str, authority_id: int | None = None) -> int:
    """Tell those who administer, each in their language; how many were told.

    With an authority those who administer for it. `once` names the occasion: it mails nobody twice, and waits for the
    end of the quiet hours.
    """
    holds = select(Grant.user_id).where(Grant.role == ADMINISTRATOR, is_valid(local_date(work.now)))
    if authority_id is not None:
        path = work.session.scalar(select(Organisation.path).where(Organisation.id == authority_id))
        above = literal(path or "").startswith(Organisation.path)
        holds = holds.join(Organisation, Organisation.id == Grant.organisation_id).where(above)
    people = work.session.scalars(select(User).where(User.active, User.id.in_(holds)).order_by(User.id)).all()
    for person in people:
        title, body = words["en" if person.language == "en" else "zh"]
        work.session.add(
            Message(user_id=person.id, group_key=None, case_id=None, title=title, body=body, created_at=work.now)
        )
        if person.email:
            payload = {"to": person.email, "to_name": person.name, "subject": title, "body": body, "quiet": True}
            outbox.add(work.session, "mail", payload, dedupe_key=f"mail:{once}:{person.id}", now=work.now)
    return len(people)
