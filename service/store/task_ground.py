"""What an act on a task reads besides the task, in one statement: groups, what ended it, who acted before, conflicts.

Read after the instance's lock: what was true before the wait for it may no longer be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import CompoundSelect, Select, String, and_, bindparam, cast, func, or_, select, union_all
from sqlalchemy.orm import Session

from service.domain.access import CaseFacts, TaskFacts, role_of
from service.domain.verbs import Hindrance
from service.store import signatures
from service.store.access import ground_parts, seat_in, units_in
from service.store.attachments import Attachment
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.request_keys import RequestKey
from service.store.session import DATA, INT64, UTCDateTime
from service.store.signatures import BEFORE, Signature
from service.store.submissions import Draft, Submission
from service.store.timers import Timer
from service.store.unions import by_kind, columns_of
from service.store.user_tasks import COMPLETED, OPEN, TaskGroup, UserTask

PASSED_ON = ("task-handed-back", "task-handed-over")  # acts that tell in `entered_by` whose entries went on
_columns = partial(
    columns_of,
    types={
        "key": INT64,
        "name": String(),
        "other": String(),
        "at": UTCDateTime(),
        "data": DATA,
        "more": DATA,
    },
)


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A person's draft of the task."""

    data: dict[str, Any]
    revision: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest submission of a form in the case, and the item it was about."""

    data: dict[str, Any]
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acted:
    """A task of the case that this person completed, signed, or filled in for who completed it."""

    element: str
    group_key: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A person who is asked to sign the task, before or after it is done."""

    user_id: int
    place: str
    has_signed: bool


@dataclass(frozen=True, slots=True)
class TaskGround:
    """Everything small an act on one task needs, for one person."""

    groups: frozenset[str] = frozenset()
    over_at: datetime | None = None
    acted: tuple[Acted, ...] = ()
    draft: KeptDraft | None = None
    files: frozenset[str] = frozenset()
    earlier: Earlier | None = None
    answered: Mapping[str, Any] | None = None
    answered_to: int | None = None
    units: frozenset[str] = frozenset()
    seat: Any = None
    asked: tuple[Asked, ...] = ()  # to sign it, without those who need not any more
    voted: bool = False  # another vote of the same round is the person's
    sent_back: bool = False  # an earlier step is open that leads straight back to the task
    is_first: bool = True  # no step of its process was done before

    @property
    def unsigned(self) -> frozenset[str]:
        """The places of the signatures that are still missing."""
        return frozenset(one.place for one in self.asked if not one.has_signed)

    @property
    def signers(self) -> frozenset[int]:
        """Who has still to sign."""
        return frozenset(one.user_id for one in self.asked if not one.has_signed)


def task_ground(
    session: Session,
    task: UserTask,
    *,
    person: int | None,
    form: str,
    now: datetime,
    expert: int | None = None,
    request_key: str | None = None,
) -> TaskGround:
    """Read it; `form` names the forms, with blanks between, whose newest submission the task's form may continue."""
    values = {
        "task_id": task.id,
        "case_id": task.case_id,
        "instance_id": task.instance_id,
        "person": person,
        "round": task.round,
        "expert_id": expert,
        "forms": form.split(),
        "request_key": request_key,
    }
    return _ground(task, person, now, by_kind(session, _statement(), values))


def task_facts(task: UserTask, ground: TaskGround, *, holder: str = "") -> TaskFacts:
    """What the rule of access asks about a task, for the person the ground was read for."""
    return TaskFacts(
        case=CaseFacts(units=ground.units, seat=ground.seat),
        groups=ground.groups,
        status=task.status,
        assignee_id=task.assignee_id,
        completed_by=task.completed_by,
        holder=holder,
        since=task.closed_at or task.claimed_at or task.opened_at,
        over_at=ground.over_at,
        acted=frozenset((one.element, role_of(one.group_key)) for one in ground.acted),
        not_by=frozenset(str(task.properties.get("not-by", "")).split()),
        voted=ground.voted,
    )


@cache
def _statement() -> CompoundSelect[Any]:
    task_id, case_id, person = (bindparam(name, type_=INT64) for name in ("task_id", "case_id", "person"))
    newest = (
        select(Submission.id)
        .where(Submission.case_id == case_id, Submission.form.in_(bindparam("forms", expanding=True)))
        .order_by(Submission.id.desc())
        .limit(1)
    )
    draft = _columns("draft", data=Draft.data, key=Draft.revision, at=Draft.saved_at)
    answer = _columns("answer", key=RequestKey.actor_id, data=RequestKey.answer)
    return union_all(
        select(*_columns("group", name=TaskGroup.group_key)).where(TaskGroup.task_id == task_id),
        select(*_columns("timer", at=Timer.due_at, data=Timer.ends)).where(
            Timer.instance_id == bindparam("instance_id", type_=INT64)
        ),
        select(*_columns("file", name=Attachment.code)).where(Attachment.task_id == task_id),
        select(*_columns("earlier", data=Submission.data, more=Submission.item)).where(
            Submission.id == newest.scalar_subquery()
        ),
        select(*draft).where(Draft.task_id == task_id, Draft.user_id == person),
        *_hands(case_id, task_id, person),
        select(*answer).where(RequestKey.key == bindparam("request_key")),
        select(*_columns("asked", key=Signature.user_id, name=Signature.place, other=Signature.state)).where(
            Signature.task_id == task_id, Signature.state != signatures.REMOVED
        ),
        select(*_columns("back", data=UserTask.returned)).where(
            UserTask.case_id == case_id, UserTask.status == OPEN, UserTask.returned.is_not(None)
        ),
        select(*_columns("done", key=func.min(UserTask.id))).where(
            UserTask.instance_id == bindparam("instance_id", type_=INT64), UserTask.status == COMPLETED
        ),
        *ground_parts(
            _columns,
            case_id,
            select(Case.applicant_id).where(Case.id == case_id).scalar_subquery(),
            person,
            bindparam("expert_id", type_=INT64),
        ),
    )


def _hands(case_id: Any, task_id: Any, person: Any) -> list[Select[Any]]:
    """Who had a hand in other tasks of the case: completed, signed, or had entered what another went on with."""
    columns: dict[str, Any] = {"name": UserTask.element, "other": TaskGroup.group_key}
    other = (UserTask.case_id == case_id, UserTask.id != task_id)
    mine = or_(UserTask.completed_by == person, and_(UserTask.assignee_id == person, UserTask.sealed.is_not(None)))
    same_round = (
        UserTask.instance_id == bindparam("instance_id", type_=INT64),
        UserTask.round == bindparam("round", type_=INT64),
    )
    passed_on = and_(
        AuditEntry.case_id == case_id,
        AuditEntry.object_type == "user-task",
        AuditEntry.action.in_(PASSED_ON),
        AuditEntry.object_id == cast(UserTask.id, String),
    )
    acted = select(*_columns("acted", **columns)).join(TaskGroup, TaskGroup.task_id == UserTask.id)
    return [
        acted.where(*other, UserTask.completed_by == person),
        acted.join(Signature, Signature.task_id == UserTask.id).where(
            *other, Signature.user_id == person, Signature.state == signatures.SIGNED
        ),
        select(*_columns("passed-on", **columns, data=AuditEntry.details))
        .join(TaskGroup, TaskGroup.task_id == UserTask.id)
        .join(AuditEntry, passed_on)
        .where(*other),
        select(*_columns("voted", key=UserTask.id)).where(*same_round, UserTask.id != task_id, mine),
    ]


def _ground(task: UserTask, person: int | None, now: datetime, found: Mapping[str, Sequence[Any]]) -> TaskGround:
    draft, earlier, answer = (next(iter(found.get(kind, ())), None) for kind in ("draft", "earlier", "answer"))
    ended = [
        row.at
        for row in found.get("timer", ())
        if row.at is not None and row.at <= now and task.engine_task in row.data
    ]
    passed_on = [row for row in found.get("passed-on", ()) if person and row.data.get("entered_by") == person]
    return TaskGround(
        groups=frozenset(row.name for row in found.get("group", ())),
        over_at=min(ended, default=None),
        acted=tuple(Acted(row.name, row.other) for row in (*found.get("acted", ()), *passed_on)),
        draft=KeptDraft(draft.data, draft.key, draft.at) if draft is not None else None,
        files=frozenset(row.name for row in found.get("file", ())),
        earlier=Earlier(earlier.data, earlier.more) if earlier is not None else None,
        answered=(answer.data or {}) if answer is not None else None,
        answered_to=answer.key if answer is not None else None,
        units=units_in(found),
        seat=seat_in(found),
        asked=tuple(Asked(row.key, row.name, row.other == signatures.SIGNED) for row in found.get("asked", ())),
        voted=bool(found.get("voted")),
        sent_back=any((row.data or {}).get("resume") == str(task.engine_task) for row in found.get("back", ())),
        is_first=all(row.key is None for row in found.get("done", ())),
    )


def hindrances(task: UserTask, case: Case, ground: TaskGround) -> tuple[Hindrance, ...]:
    """What keeps most verbs from the task, the most telling first."""
    found = {
        Hindrance.CLOSED: task.status != OPEN,
        Hindrance.SUSPENDED: case.suspended_at is not None,
        Hindrance.AWAY: ground.sent_back,
        Hindrance.DELEGATED: task.owner_id is not None,
        Hindrance.SEALED: task.sealed is not None,
        Hindrance.SIGNING: BEFORE in ground.unsigned,
    }
    return tuple(one for one, holds in found.items() if holds)
