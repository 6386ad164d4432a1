"""Who gets a message: the groups of a role, as notifications in the service and as mail to each person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import or_, select

from service.domain.access import PARTY_ROLES, role_of
from service.domain.deadlines import local_date
from service.operations.context import OperationContext
from service.store import outbox
from service.store.experts import Expert
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.ties import tied_people
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, User, is_valid

GATHERED: Final = timedelta(minutes=5)  # so long a digest waits for what else falls on the same hour


class _Person(NamedTuple):
    user_id: int
    address: str | None
    name: str
    language: str | None


def tell_roles(
    context: OperationContext, roles: Iterable[str], title: str, body: str, *, also: Iterable[str] = ()
) -> list[str]:
    """Tell everybody who holds one of the roles in this case, and the groups `also` told; returns all group keys."""
    reading = context.reading()
    keys = sorted({key for role in roles for key in reading.group_keys(role)} | set(also))
    tell_groups(context.work, keys, title, body, case_id=context.case.id, once=f"{context.request.task}")
    return keys


def tell_groups(
    work: UnitOfWork,
    keys: Iterable[str],
    title: str,
    body: str,
    *,
    case_id: int | None,
    once: str,
    urgent: bool = False,
    english: tuple[str, str] | None = None,
) -> None:
    """A notification a group, and a mail a person with an address, each in the reader's language if there is `english`.

    `once` names the occasion: the same occasion never mails a person twice. Who has to stay out of the case is mailed
    nothing by office. What the clock tells waits for the end of the quiet hours, unless it is `urgent`.
    """
    quiet = work.actor.user_id is None and not urgent
    wanted, (title_en, body_en) = sorted(set(keys)), english or (None, None)
    words = {"title": title, "body": body, "title_en": title_en, "body_en": body_en}
    for key in wanted:
        work.session.add(Message(group_key=key, user_id=None, case_id=case_id, created_at=work.now, **words))
    for person in _unconcerned(work, wanted, case_id):
        if person.address is None:
            continue
        subject, text = english if english and person.language == "en" else (title, body)
        payload = {"to": person.address, "to_name": person.name, "subject": subject, "body": text, "case_id": case_id}
        payload |= {"quiet": True} if quiet else {}
        dedupe = f"mail:{case_id}:{once}:{person.user_id}:{title}"
        outbox.add(work.session, "mail", payload, dedupe_key=dedupe, now=work.now)


def remind_groups(work: UnitOfWork, keys: Iterable[str], task_id: int, *, case_id: int) -> None:
    """Put a task into today's digest of everybody who may take it and need not stay out of its case."""
    day = local_date(work.now)
    for person in _unconcerned(work, sorted(set(keys)), case_id):
        outbox.collect(
            work.session, "digest", {"user_id": person.user_id}, task_id,
            dedupe_key=f"digest:{person.user_id}:{day}", now=work.now, wait=GATHERED,
        )  # fmt: skip


def _unconcerned(work: UnitOfWork, keys: list[str], case_id: int | None) -> list[_Person]:
    """Those of the groups who are not tied to a unit of the case, and those who belong to one of its units' groups."""
    people = _people(work, keys)
    if case_id is None or not people:
        return people
    tied = tied_people(work.session, case_id, [person.user_id for person in people], local_date(work.now))
    if not tied:
        return people
    for_unit = {person.user_id for person in _people(work, [key for key in keys if role_of(key) in PARTY_ROLES])}
    return [person for person in people if person.user_id not in tied - for_unit]


def _people(work: UnitOfWork, keys: list[str]) -> list[_Person]:
    """Everybody who belongs to one of the groups, by grant, by expert, or by unit."""
    if not keys:
        return []
    holds = or_(*[_grant_of(key) for key in keys if "@" in key] or [Grant.id < 0])
    granted = select(Grant.user_id).where(holds, is_valid(local_date(work.now)))
    experts = [int(key.partition(":")[2]) for key in keys if key.startswith("expert:")]
    units = [key.partition("@")[2] for key in keys if key.startswith("member@")]
    rows = work.session.execute(
        select(User.id, User.email, User.name, User.language)
        .outerjoin(Expert, Expert.user_id == User.id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(
            User.active,
            or_(User.id.in_(granted), Expert.id.in_(experts), Organisation.credit_code.in_(units)),
        )
        .order_by(User.id)
    )
    return [_Person(*row) for row in rows]


def _grant_of(key: str):  # type: ignore[no-untyped-def]  # a SQL condition; its type is the library's own
    role, _, place = key.partition("@")
    return (Grant.role == role) & (Grant.organisation_id == (int(place) if place.isdigit() else -1))
