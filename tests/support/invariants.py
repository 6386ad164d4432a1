"""What must hold of every database of the service, whatever was killed, raced or cut off: each breach with its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.identity import SYSTEM
from service.engine import Bundle, Live, view
from service.programmes.compiled import compiled_of
from service.store import audit_chain
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.incidents import Incident
from service.store.instances import Instance
from service.store.session import db
from service.store.submissions import Submission
from service.store.subscriptions import Subscription
from service.store.timers import Timer
from service.store.unit_of_work import transact
from service.store.user_tasks import COMPLETED, OPEN, UserTask

MOVES = (
    "case-started", "task-completed", "timer-fired", "message-published", "signal-received", "incident-retried",
    "task-returned", "task-taken-back", "case-cancelled",
)  # fmt: skip


@dataclass(frozen=True)
class Ack:
    """A completion that somebody was told of."""

    task_id: int
    person: int


@dataclass
class Findings:
    """Breaches by the name of the invariant; empty when all hold. `figures` say how much was looked at."""

    breaches: dict[str, list[Any]] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)

    def add(self, invariant: str, rows: Iterable[Any]) -> None:
        """Note the rows that break an invariant."""
        found = list(rows)
        self.figures[invariant] = len(found)
        if found:
            self.breaches[invariant] = found

    @property
    def hold(self) -> bool:
        """Whether every invariant holds."""
        return not self.breaches

    @property
    def total(self) -> int:
        """How many rows break an invariant."""
        return sum(len(rows) for rows in self.breaches.values())


def check(acked: Iterable[Ack] = ()) -> Findings:
    """Seal the trail's tail, then look at the whole database; the context is pushed and nobody else is writing."""
    db.session.remove()
    while transact(lambda work: audit_chain.seal(work.session), actor=SYSTEM, now=datetime.now(UTC)):
        pass
    db.session.remove()
    session = db.session()
    findings = Findings()
    tasks = {task.id: task for task in session.scalars(select(UserTask))}
    _acknowledged(findings, tasks, list(acked))
    _effects(findings, session, tasks)
    _instances(findings, session, tasks)
    _subscriptions(findings, session)
    report = audit_chain.verify(session)
    findings.add("the audit chain holds", report.breaks)
    findings.add("every audit entry is sealed", range(report.unsealed))
    session.rollback()
    findings.figures |= {"completed": sum(task.status == COMPLETED for task in tasks.values()), "tasks": len(tasks)}
    return findings


def _acknowledged(findings: Findings, tasks: dict[int, UserTask], acked: list[Ack]) -> None:
    findings.figures["acknowledged"] = len(acked)
    findings.add(
        "an acknowledged completion is there",
        [ack for ack in acked if (task := tasks.get(ack.task_id)) is None
         or (task.status, task.completed_by) != (COMPLETED, ack.person)],
    )  # fmt: skip
    people: dict[int, set[int]] = {}
    for ack in acked:
        people.setdefault(ack.task_id, set()).add(ack.person)
    findings.add("a task is acknowledged to one person", [one for one, who in people.items() if len(who) > 1])


def _effects(findings: Findings, session: Session, tasks: dict[int, UserTask]) -> None:
    """Exactly one submission and one audit entry for a completed task, none for another."""
    submitted = Counter(session.scalars(select(Submission.task_id).where(Submission.task_id.is_not(None))))
    entered = Counter(
        int(key)
        for key in session.scalars(select(AuditEntry.object_id).where(AuditEntry.action == "task-completed"))
    )  # fmt: skip
    due = {key: int(task.status == COMPLETED) for key, task in tasks.items()}
    findings.add("a completed task has one submission", [one for one in due if submitted[one] != due[one]])
    findings.add("a completed task has one audit entry", [one for one in due if entered[one] != due[one]])


def _instances(findings: Findings, session: Session, tasks: dict[int, UserTask]) -> None:
    moves = dict(
        session.execute(
            select(AuditEntry.case_id, func.count()).where(AuditEntry.action.in_(MOVES)).group_by(AuditEntry.case_id)
        ).all()
    )
    timers = Counter(session.scalars(select(Timer.instance_id)))
    incidents = Counter(session.scalars(select(Incident.instance_id).where(Incident.state == "open")))
    open_rows: dict[int, set[int]] = {}
    for task in tasks.values():
        if task.status == OPEN:
            open_rows.setdefault(task.instance_id, set()).add(task.engine_task)
    apart, stuck, miscounted, ends = [], [], [], []
    for instance, case in session.execute(select(Instance, Case).join(Case, Case.id == Instance.case_id)):
        live = view(compiled_of(session, instance.deployment_id).bundle, instance.state)
        rows = open_rows.get(instance.id, set())
        if rows != waiting_tasks(live):
            apart.append((instance.id, sorted(rows), sorted(waiting_tasks(live))))
        waits = rows or timers[instance.id] or incidents[instance.id] or any(one.kind == "receiveTask" for one in live)
        if not instance.ended and not waits:
            stuck.append(instance.id)
        if instance.revision != moves.get(instance.case_id, 0):
            miscounted.append((instance.id, instance.revision, moves.get(instance.case_id, 0)))
        if instance.ended != (case.ended_at is not None):
            ends.append(instance.id)
    findings.add("the open tasks are those the engine waits for", apart)
    findings.add("no instance is stuck", stuck)
    findings.add("every move is one revision and one audit entry", miscounted)
    findings.add("a case ends with its instance", ends)


def _subscriptions(findings: Findings, session: Session) -> None:
    """Whoever listens to a message or a signal can be found, and nobody else."""
    rows = {(one.instance_id, one.engine_task) for one in session.scalars(select(Subscription))}
    heard = set()
    for instance in session.scalars(select(Instance)):
        bundle = compiled_of(session, instance.deployment_id).bundle
        for one in view(bundle, instance.state):
            if not one.stuck and _event(bundle, one) in {"message", "signal"}:
                heard.add((instance.id, one.task))
    findings.add("the subscriptions are what the engine listens for", sorted(rows ^ heard))


def _event(bundle: Bundle, one: Live) -> str | None:
    """What a token waits for, where it stands at a catching event or a receive task."""
    waits = one.kind in {"receiveTask", "intermediateCatchEvent", "boundaryEvent", "startEvent"}
    return bundle.elements(one.process)[one.element].event if waits else None


def waiting_tasks(live: Iterable[Live]) -> set[int]:
    """The engine's numbers of the user tasks that wait for somebody."""
    return {one.task for one in live if one.kind == "userTask" and not one.stuck}
