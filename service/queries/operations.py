"""What an administrator watches: parked tokens, the clock's timers, and the outbox."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.programmes.manifest import Manifest
from service.queries import programmes
from service.queries.programmes import of_deployment
from service.store.access import of_remit
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.incidents import Incident
from service.store.instances import Instance
from service.store.outbox import OutboxEntry
from service.store.papers import Paper
from service.store.register import REFUSED, Duty, RegisterEntry
from service.store.timers import Timer


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A token parked at a failing element, and the next deadline of its case that it threatens."""

    incident_id: int
    case_id: int
    case_number: str | None
    case_title: str
    element: str
    name: str
    code: str
    zh: str
    en: str
    tries: int
    next_try_at: datetime | None
    opened_at: datetime
    deadline: str = ""
    deadline_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefusedDuty:
    """What a centre owes and could not be begun, with the refusal."""

    duty_id: int
    entry_id: int
    centre: str
    number: str
    name: str
    name_en: str
    due_on: date
    code: str
    zh: str
    en: str
    refused_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Work that left no trace outside yet."""

    entry_id: int
    kind: str
    state: str
    tries: int
    next_try_at: datetime
    created_at: datetime
    last_error: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in all."""

    incidents: int
    outbox: int


@dataclass(frozen=True, slots=True)
class TimerRow:
    """Timers of a case that wait for one instant; `name` is what people call what they enforce."""

    case_id: int
    case_title: str
    name: str
    due_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class ClockState:
    """Whether the clock works: how many timers are due and not fired, since when, and what is unsealed."""

    overdue_timers: int
    oldest_due_at: datetime | None
    unsealed: int
    last_sealed_at: datetime | None


def incidents(session: Session, actor: Actor, limit: int = 100) -> tuple[IncidentRow, ...]:
    """Open incidents of the authorities the actor administers for, the oldest first."""
    found = session.execute(
        select(
            Incident.id.label("incident_id"), Incident.case_id, Case.number.label("case_number"),
            Case.title.label("case_title"),
            Incident.element, Incident.name, Incident.code,
            Incident.zh, Incident.en, Incident.tries, Incident.next_try_at, Incident.opened_at,
        )
        .join(Case, Case.id == Incident.case_id)
        .where(_stuck(actor))
        .order_by(Incident.id)
        .limit(limit)
    )  # fmt: skip
    rows = [IncidentRow(**row) for row in found.mappings()]
    threatened = _next_deadlines(session, {row.case_id for row in rows})
    return tuple(replace(row, **threatened.get(row.case_id, {})) for row in rows)


def _next_deadlines(session: Session, case_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The running deadline of each case that ends first."""
    found = session.execute(
        select(Deadline.case_id, Deadline.name, Deadline.due_at, Case.deployment_id)
        .join(Case, Case.id == Deadline.case_id)
        .where(Deadline.case_id.in_(case_ids), Deadline.state == "running")
        .order_by(Deadline.due_at.desc())
    )
    rows = found.all()
    named = _DeadlineNames(session)
    return {
        case_id: {"deadline": named(deployment_id, name), "deadline_at": due_at}
        for case_id, name, due_at, deployment_id in rows
    }


class _DeadlineNames:
    """What deadlines are called in the versions that cases run on; each version is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._manifests: dict[int, Manifest] = {}

    def __call__(self, deployment_id: int, deadline: str) -> str:
        """The name; its key where the version knows no such deadline."""
        if deployment_id not in self._manifests:
            self._manifests[deployment_id] = of_deployment(self._session, deployment_id).manifest
        rule = self._manifests[deployment_id].deadlines.get(deadline)
        return rule.name if rule is not None else deadline


def refused_duties(session: Session, actor: Actor, limit: int = 100) -> tuple[RefusedDuty, ...]:
    """Duties whose case was refused, of the authorities the actor administers for, the earliest first."""
    manifests = {key: row.manifest for key, row in programmes.within(session, actor, "administer").items()}
    found = session.execute(
        select(Duty, RegisterEntry)
        .join(RegisterEntry, RegisterEntry.id == Duty.register_entry_id)
        .where(Duty.state == REFUSED, RegisterEntry.programme.in_(manifests))
        .order_by(Duty.opens_at, Duty.id)
        .limit(limit)
    )
    return tuple(_refused(duty, entry, manifests[entry.programme]) for duty, entry in found)


def _refused(duty: Duty, entry: RegisterEntry, manifest: Manifest) -> RefusedDuty:
    rule, why = manifest.duties.get(duty.kind), duty.refusal or {}
    return RefusedDuty(
        duty_id=duty.id,
        entry_id=entry.id,
        centre=entry.name,
        number=entry.number,
        name=rule.name if rule else duty.kind,
        name_en=(rule.name_en or rule.name) if rule else duty.kind,
        due_on=duty.due_on,
        code=why.get("code", ""),
        zh=why.get("zh", ""),
        en=why.get("en", ""),
        refused_at=datetime.fromisoformat(why["at"]) if "at" in why else duty.opens_at,
    )


def waiting(session: Session, actor: Actor) -> Waiting:
    """How many incidents and entries of the outbox there are, of which the lists show the first."""
    stuck = select(func.count(Incident.id)).join(Case, Case.id == Incident.case_id).where(_stuck(actor))
    unsent = select(func.count(OutboxEntry.id)).where(_unsent(actor))
    return Waiting(session.scalar(stuck) or 0, session.scalar(unsent) or 0)


def _stuck(actor: Actor) -> ColumnElement[bool]:
    return and_(Incident.state == "open", of_remit(actor, "administer"))


def _unsent(actor: Actor) -> ColumnElement[bool]:
    """Entries that are not done; of cases of another authority none."""
    of_case = OutboxEntry.payload["case_id"].as_integer()
    of_paper = OutboxEntry.payload["paper_id"].as_integer()
    mine = select(Case.id).where(of_remit(actor, "administer"))
    papers = select(Paper.id).where(Paper.case_id.in_(mine))
    of_nobody = and_(of_case.is_(None), of_paper.is_(None))
    own = or_(of_case.in_(mine), of_paper.in_(papers), of_nobody)
    return and_(OutboxEntry.state.in_(["dead", "pending", "leased"]), own)


def outbox(session: Session, actor: Actor, limit: int = 50) -> tuple[OutboxRow, ...]:
    """What is not done, dead entries first."""
    found = session.execute(
        select(
            OutboxEntry.id, OutboxEntry.kind, OutboxEntry.state, OutboxEntry.tries, OutboxEntry.next_try_at,
            OutboxEntry.created_at, OutboxEntry.last_error,
        )
        .where(_unsent(actor))
        .order_by(OutboxEntry.state, OutboxEntry.next_try_at, OutboxEntry.id)
        .limit(limit)
    )  # fmt: skip
    return tuple(OutboxRow(*row[:6], row[6] or "") for row in found)


def timers(session: Session, actor: Actor, limit: int = 30) -> tuple[TimerRow, ...]:
    """The next timers to fire, of the authorities the actor administers for."""
    found = session.execute(
        select(Case.id, Case.title, Case.deployment_id, Timer.element, Timer.deadline, Timer.due_at, func.count())
        .join(Instance, Instance.id == Timer.instance_id)
        .join(Case, Case.id == Instance.case_id)
        .where(Timer.due_at.is_not(None), of_remit(actor, "administer"))
        .group_by(Case.id, Case.title, Case.deployment_id, Timer.element, Timer.deadline, Timer.due_at)
        .order_by(Timer.due_at, Case.id, Timer.element)
        .limit(limit)
    )
    rows, named = found.all(), _DeadlineNames(session)
    return tuple(
        TimerRow(case_id, title, named(deployment_id, deadline) if deadline else element, due_at, count)
        for case_id, title, deployment_id, element, deadline, due_at, count in rows
        if due_at is not None
    )


def clock(session: Session, now: datetime) -> ClockState:
    """The clock's backlog at `now`; a running clock leaves it empty but for the last seconds."""
    overdue, oldest = session.execute(
        select(func.count(Timer.id), func.min(Timer.due_at)).where(Timer.due_at <= now)
    ).one()
    unsealed = session.execute(select(func.count(AuditEntry.id)).where(AuditEntry.seq.is_(None))).scalar_one()
    sealed = session.execute(
        select(AuditEntry.at).where(AuditEntry.seq.is_not(None)).order_by(AuditEntry.seq.desc()).limit(1)
    ).scalar_one_or_none()
    return ClockState(overdue, oldest, unsealed, sealed)
