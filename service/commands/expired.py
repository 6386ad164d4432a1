"""What of the kept data is over its period: cases that were not granted, and beside the cases each kind of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from service.domain.personal import Periods, replaced
from service.programmes.compiled import compiled_of
from service.store.api_tokens import ApiToken
from service.store.attachments import ERASED, Attachment
from service.store.cases import Case
from service.store.messages import Message
from service.store.notices import Objection
from service.store.outbox import DEAD, DONE, OutboxEntry
from service.store.register import RegisterEntry
from service.store.registrations import OPEN as WAITS
from service.store.registrations import Registration
from service.store.submissions import Draft, Submission
from service.store.task_links import TaskLink
from service.store.user_tasks import OPEN, UserTask
from service.store.users import PasswordLink, UserSession

# What stands in the place of an objector's name.
NO_NAME = "异议人"


@dataclass(frozen=True, slots=True)
class OverCase:
    """What one case has to lose: so many fields, files and objectors."""

    case_id: int
    number: str
    title: str
    fields: int
    files: int
    objectors: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be taken away now: cases, and beside them how many rows of each kind in RESTS."""

    cases: tuple[OverCase, ...]
    rest: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.cases or any(self.rest.values()))


def plan(session: Session, periods: Periods, now: datetime) -> Plan:
    """What is over its period now; reads only."""
    found = (over(session, case, periods, now) for case in _not_granted(session, now - periods.shortest()))
    return Plan(
        tuple(one for one in found if one.fields or one.files or one.objectors),
        {kind: _count(session, table, condition(periods, now)) for kind, (table, condition) in RESTS.items()},
    )


def over(session: Session, case: Case, periods: Periods, now: datetime) -> OverCase:
    """What a case that ended without being granted has to lose."""
    assert case.ended_at is not None  # noqa: S101 # only such cases are asked about
    classes = periods.classes_over(case.ended_at, now)
    forms = compiled_of(session, case.deployment_id).forms if classes else {}
    submissions = session.scalars(select(Submission).where(Submission.case_id == case.id)) if classes else ()
    fields = sum(
        replaced(one.data, forms[one.form].classification, classes, lambda value: value)[1]
        for one in submissions
        if one.form in forms
    )
    named = (Objection.case_id == case.id, Objection.name != NO_NAME)
    files = (Attachment.case_id == case.id, Attachment.scan != ERASED)
    return OverCase(
        case.id,
        case.number or "",
        case.title,
        fields,
        _count(session, Attachment, *files) if periods.files_over(case.ended_at, now) else 0,
        _count(session, Objection, *named) if classes else 0,
    )


def _drafts(periods: Periods, now: datetime) -> ColumnElement[bool]:
    """Its task is closed, and nothing was entered for so long. One that can be sent is kept."""
    open_task = exists().where(UserTask.id == Draft.task_id, UserTask.status == OPEN)
    return (Draft.saved_at <= now - timedelta(days=periods.drafts)) & ~open_task


def _mails(periods: Periods, now: datetime) -> ColumnElement[bool]:
    """Done or given up so long ago, its text still there."""
    closed = func.coalesce(OutboxEntry.done_at, OutboxEntry.created_at) <= now - timedelta(days=periods.mail)
    return OutboxEntry.state.in_((DONE, DEAD)) & closed & (OutboxEntry.payload != {})


def _addresses(periods: Periods, now: datetime) -> ColumnElement[bool]:
    """A link that was used, revoked, or is of a task that is closed: to whom it was sent so long ago."""
    open_task = exists().where(UserTask.id == TaskLink.task_id, UserTask.status == OPEN)
    dead = TaskLink.used_at.is_not(None) | TaskLink.revoked_at.is_not(None) | ~open_task
    return (TaskLink.sent_at <= now - timedelta(days=periods.mail)) & dead & (TaskLink.address != "")


def _messages(periods: Periods, now: datetime) -> ColumnElement[bool]:
    """Read or not: what was to be done stands in the lists, what happened in the trail."""
    return Message.created_at <= now - timedelta(days=periods.messages)


def _registrations(periods: Periods, now: datetime) -> ColumnElement[bool]:
    """Decided so long ago, or asked for more and never answered; one that waits for the department is kept."""
    before = now - timedelta(days=periods.registrations)
    return (Registration.state != WAITS) & (Registration.decided_at <= before) & (Registration.email != "")


def _tokens(periods: Periods, now: datetime) -> ColumnElement[bool]:
    """A program's token that ended so long ago."""
    return func.coalesce(ApiToken.revoked_at, ApiToken.expires_at) <= now - timedelta(days=periods.tokens)


def _sessions(_periods: Periods, now: datetime) -> ColumnElement[bool]:
    return UserSession.expires_at <= now


def _password_links(_periods: Periods, now: datetime) -> ColumnElement[bool]:
    return PasswordLink.expires_at <= now


# What is kept beside the cases: its rows, and which of them are over.
RESTS: Final[Mapping[str, tuple[type, Callable[[Periods, datetime], ColumnElement[bool]]]]] = MappingProxyType(
    {
        "drafts": (Draft, _drafts),
        "mails": (OutboxEntry, _mails),
        "addresses": (TaskLink, _addresses),
        "messages": (Message, _messages),
        "registrations": (Registration, _registrations),
        "tokens": (ApiToken, _tokens),
        "sessions": (UserSession, _sessions),
        "password_links": (PasswordLink, _password_links),
    }
)


def _not_granted(session: Session, ended_before: datetime) -> Sequence[Case]:
    """Declarations of a unit that ended without an entry in the register, and are not about one.

    What led to an entry or is about one is kept as long as the entry: it is the authority's archive.
    """
    chosen = select(Case).where(
        Case.ended_at <= ended_before,
        Case.applicant_id.is_not(None),
        Case.register_entry_id.is_(None),
        ~exists().where(RegisterEntry.case_id == Case.id),
    )
    return session.scalars(chosen.order_by(Case.id)).all()


def _count(session: Session, table: type, *conditions: ColumnElement[bool]) -> int:
    return int(session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0)
