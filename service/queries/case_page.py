"""Everything one case's page shows: its facts, its open tasks, its dated history, its papers and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Exists, exists, func, select
from sqlalchemy.orm import Session, aliased

from service.domain import access
from service.domain.access import OUTSIDE_ROLES, may, reads_as_party
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.domain.verbs import CASE_VERBS, VERBS
from service.programmes.letters import CompiledLetter
from service.queries.holders import Holder, holders
from service.queries.objections import secret_files
from service.store.access import case_facts, fits_task
from service.store.attachments import ERASED, Attachment
from service.store.audit import AuditEntry
from service.store.calls import Call
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.experts import Expert
from service.store.incidents import Incident
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.papers import Paper
from service.store.submissions import Submission
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from service.store.users import User

# What a reader of the history wants; drafts, sign-ins and the engine's own book-keeping are in the audit trail.
HISTORY = (
    "case-started", "task-completed", "timer-fired", "paper-issued", "letter-issued", "receipt-issued",
    "notice-published", "objection-lodged", "case-withdrawn", "deadline-extended", "meeting-announced", "case-ended",
    *(verb.audit for verb in CASE_VERBS.values()), "task-returned", "task-urged",
)  # fmt: skip
STAFF_HISTORY = (
    *HISTORY,
    *(verb.audit for verb in VERBS.values() if verb.audit not in HISTORY),
    "task-sealed",
    "task-handed-over",
    "message-published",
    "incident-retried",
    "attachment-kept",
    "version-changed",
)
HISTORY_LIMIT = 200
# One alias each for all statements: making one costs more than asking the database.
_APPLICANT, _COMPETENT, _AUTHORITY = aliased(Organisation), aliased(Organisation), aliased(Organisation)


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation of the case."""

    organisation_id: int
    name: str
    credit_code: str
    region: str
    contact: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The case and its parties."""

    case_id: int
    number: str | None
    title: str
    programme: str
    procedure: str
    state: str
    outcome: str | None
    started_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None
    papers_sent_at: datetime | None
    receipt_code: str | None
    deployment_id: int
    applicant: Party | None
    competent: Party | None
    authority: Party | None
    call_title: str
    call_closes_on: date | None
    rule: access.CaseFacts  # what the rule of access asked for this reader
    from_outside: bool  # whether this reader is one of its parties, and not one of the authorities

    @property
    def standing(self) -> str:
        """The code of what it is now: the outcome at its end, and for a meeting being prepared `planned`."""
        if self.ended_at is not None:
            return self.outcome or self.state
        return "planned" if self.state == "draft" and not self.applicant else self.state


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task of the case; `mine` says that the actor may take it or has it."""

    task_id: int
    name: str
    element: str
    path: tuple[str, ...]
    status: str
    due_at: datetime | None
    due_reason: Mapping[str, Any] | None
    opened_at: datetime
    closed_at: datetime | None
    assignee_id: int | None
    assignee: str
    holder: Holder | None
    mine: bool


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One dated act; `who` is an organisation where the reader may not know the person, `stands_for` empty then."""

    at: datetime
    action: str
    who: str
    details: Mapping[str, Any]
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """One submitted form; `about` is the member unit whose answer it is."""

    submission_id: int
    form: str
    data: Mapping[str, Any]
    item: Mapping[str, Any]
    by_id: int | None
    by_name: str
    organisation_id: int | None
    at: datetime
    task_name: str
    about: str


@dataclass(frozen=True, slots=True)
class PaperRow:
    """An issued letter or receipt."""

    paper_id: int
    letter: str
    title: str
    number: str
    code: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class FileRow:
    """An uploaded file."""

    code: str
    name: str
    media_type: str
    size: int
    sha256: str
    scan: str
    field: str
    by_id: int | None
    organisation_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A running or paused period of the case."""

    name: str
    due_at: datetime
    reason: Mapping[str, Any]
    state: str
    task_id: int | None


def facts(session: Session, actor: Actor, case_id: int, *, by_task: bool = False) -> CaseFacts:
    """The case; raises NotFound when it does not exist or the actor may not see it.

    `by_task`: a task of it was found to be the actor's to see, and needs the case's head. An expert who is only invited
    reads no more of it, but has to know whose case it is to declare a conflict.
    """
    row = session.execute(
        select(Case, _APPLICANT, _COMPETENT, _AUTHORITY, Call.title, Call.closes_on)
        .outerjoin(_APPLICANT, _APPLICANT.id == Case.applicant_id)
        .outerjoin(_COMPETENT, _COMPETENT.id == Case.competent_id)
        .outerjoin(_AUTHORITY, _AUTHORITY.id == Case.authority_id)
        .outerjoin(Call, Call.id == Case.call_id)
        .where(Case.id == case_id)
    ).first()
    if row is None:
        raise NotFound()
    case = row[0]
    rule = case_facts(session, actor, case)
    if not (by_task or may(actor, "see-case", rule, case.started_at)):  # this rule asks no clock
        raise NotFound()
    return CaseFacts(
        case.id, case.number, case.title, case.programme, case.procedure, case.state, case.outcome,
        case.started_at, case.submitted_at, case.ended_at, case.papers_sent_at, case.receipt_code, case.deployment_id,
        _party(row[1]), _party(row[2]), _party(row[3]), row[4] or "", row[5],
        rule, reads_as_party(actor, rule),
    )  # fmt: skip


def tasks(session: Session, actor: Actor, case_id: int) -> tuple[TaskRow, ...]:
    """All tasks of the case, in the order in which they opened. Three statements."""
    found = session.execute(
        select(UserTask, User.name, fits_task(actor))
        .outerjoin(User, User.id == func.coalesce(UserTask.completed_by, UserTask.assignee_id))
        .where(UserTask.case_id == case_id)
        .order_by(UserTask.id)
    ).all()
    pairs = session.execute(
        select(TaskGroup.task_id, TaskGroup.group_key).where(TaskGroup.task_id.in_([row[0].id for row in found]))
    ).all()
    groups: dict[int, list[str]] = {}
    for task_id, key in pairs:
        groups.setdefault(task_id, []).append(key)
    names = holders(session, (key for _, key in pairs))
    return tuple(
        _task(task, who or "", groups.get(task.id, []), names, actor if fits else None) for task, who, fits in found
    )


def history(
    session: Session, actor: Actor, facts: CaseFacts, most: int | None = HISTORY_LIMIT
) -> tuple[HistoryRow, ...]:
    """What happened, the newest first; outsiders read organisations instead of other people's names.

    Of an expert they read neither: the employer would tell who sits on the panel.
    """
    outside = facts.from_outside
    found = session.execute(
        select(AuditEntry, Organisation.name, User.organisation_id, _judged_as_expert())
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(AuditEntry.case_id == facts.case_id, AuditEntry.action.in_(HISTORY if outside else STAFF_HISTORY))
        .order_by(AuditEntry.id.desc())
        .limit(most)
    )
    rows = []
    for entry, organisation, organisation_id, as_expert in found:
        other = outside and entry.actor_id not in (None, actor.user_id)
        if other and as_expert:
            who = ""
        elif other and organisation_id != actor.organisation_id:
            who = organisation or ""
        else:
            who = " ".join(part for part in (organisation, entry.actor_name) if part)
        principal = "" if other else str(entry.details.get("stands_for_name") or "")
        rows.append(HistoryRow(entry.at, entry.action, who, entry.details, principal))
    return tuple(rows)


def _judged_as_expert() -> Exists:
    """Whether who acted sits, or sat, on a panel of the entry's case."""
    return exists().where(
        Expert.user_id == AuditEntry.actor_id,
        Seat.expert_id == Expert.id,
        Panel.id == Seat.panel_id,
        Panel.case_id == AuditEntry.case_id,
    )


def submissions(session: Session, actor: Actor, facts: CaseFacts) -> tuple[SubmissionRow, ...]:
    """The submitted forms the actor may read; outsiders read their own side's, experts also the applicant's."""
    found = session.execute(
        select(Submission, User.name, User.organisation_id, UserTask.name, Member.name)
        .outerjoin(User, User.id == Submission.submitted_by)
        .outerjoin(UserTask, UserTask.id == Submission.task_id)
        .outerjoin(Member, Member.id == Submission.item["member"].as_integer())
        .where(Submission.case_id == facts.case_id)
        .order_by(Submission.id)
    )
    rows = (
        SubmissionRow(
            one.id, one.form, one.data, one.item, one.submitted_by, who or "", organisation_id, one.submitted_at,
            task or "", member or "",
        )
        for one, who, organisation_id, task, member in found
    )  # fmt: skip
    return tuple(row for row in rows if _may_read(actor, facts, row.by_id, row.organisation_id))


def papers(
    session: Session, actor: Actor, facts: CaseFacts, letters: Mapping[str, CompiledLetter]
) -> tuple[PaperRow, ...]:
    """The issued letters and receipts, the oldest first; an outsider's are those addressed to one of the own roles."""
    found = session.execute(
        select(Paper.id, Paper.letter, Paper.title, Paper.number, Paper.code, Paper.issued_at)
        .where(Paper.case_id == facts.case_id)
        .order_by(Paper.id)
    )
    rows = (PaperRow(row[0], row[1], row[2], row[3] or "", row[4], row[5]) for row in found)
    if not facts.from_outside:
        return tuple(rows)
    roles = {"expert"} if actor.expert_id is not None else {"member"}
    if facts.applicant is not None and facts.applicant.organisation_id == actor.organisation_id:
        roles |= OUTSIDE_ROLES & {grant.role for grant in actor.roles}  # who leads elsewhere does not lead here
    return tuple(row for row in rows if (letter := letters.get(row.letter)) and not roles.isdisjoint(letter.to))


def paper(session: Session, case_id: int, paper_id: int) -> Paper:
    """One paper with its text; raises NotFound."""
    found = session.scalar(select(Paper).where(Paper.id == paper_id, Paper.case_id == case_id))
    if found is None:
        raise NotFound()
    return found


def files(session: Session, actor: Actor, facts: CaseFacts) -> tuple[FileRow, ...]:
    """The uploaded files the actor may read, the oldest first; an objector's are not among them."""
    found = session.execute(
        select(Attachment, User.organisation_id)
        .outerjoin(User, User.id == Attachment.uploaded_by)
        .where(Attachment.case_id == facts.case_id, Attachment.scan != ERASED)
        .order_by(Attachment.id)
    )
    rows = (
        FileRow(
            one.code, one.name, one.media_type, one.size, one.sha256, one.scan, one.field, one.uploaded_by,
            organisation_id, one.uploaded_at,
        )
        for one, organisation_id in found
    )  # fmt: skip
    secret = secret_files(session, facts.case_id)
    return tuple(
        row for row in rows if row.code not in secret and _may_read(actor, facts, row.by_id, row.organisation_id)
    )


def deadlines(session: Session, case_id: int) -> tuple[DeadlineRow, ...]:
    """The periods that run or are stopped, the next first."""
    found = session.execute(
        select(Deadline.name, Deadline.due_at, Deadline.reason, Deadline.state, Deadline.task_id)
        .where(Deadline.case_id == case_id, Deadline.state.in_(("running", "paused")))
        .order_by(Deadline.due_at)
    )
    return tuple(DeadlineRow(*row) for row in found)


def open_incidents(session: Session, case_id: int) -> int:
    """How many automatic steps of the case are stuck."""
    return session.execute(
        select(func.count(Incident.id)).where(Incident.case_id == case_id, Incident.state == "open")
    ).scalar_one()


def _may_read(actor: Actor, facts: CaseFacts, by_id: int | None, organisation_id: int | None) -> bool:
    """Staff read all; an outsider reads what the own side wrote, and an expert also what the applicant wrote."""
    if not facts.from_outside or by_id == actor.user_id:
        return True
    if organisation_id is not None and organisation_id == actor.organisation_id and actor.expert_id is None:
        return True
    applicant = facts.applicant.organisation_id if facts.applicant else None
    return actor.expert_id is not None and organisation_id is not None and organisation_id == applicant


def _task(task: UserTask, who: str, groups: list[str], names: Mapping[str, Holder], actor: Actor | None) -> TaskRow:
    """`actor` is None for who has to stay out of the task."""
    free = actor is not None and task.assignee_id is None and not actor.groups.isdisjoint(groups)
    own = actor is not None and task.assignee_id == actor.user_id
    mine = task.status == OPEN and (own or free)
    return TaskRow(
        task.id, task.name, task.element, tuple(task.path), task.status, task.due_at, task.due_reason,
        task.opened_at, task.closed_at, task.assignee_id, who, names.get(groups[0]) if groups else None, mine,
    )  # fmt: skip


def _party(row: Organisation | None) -> Party | None:
    if row is None:
        return None
    return Party(row.id, row.name, row.credit_code or "", row.region or "", row.contact)
