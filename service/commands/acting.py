"""Begin one verb on a task or a case: its instance locked, the table of verbs asked, the reason judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.commands.task_locks import HeldTask, refuse_unless_workable, require_person, stood_for
from service.commands.trail import note
from service.domain.errors import NotFound
from service.domain.verbs import CASE_VERBS, HANDS, VERBS, Hindrance, Standing, Verb, reason_of
from service.programmes.compiled import compiled_of
from service.programmes.supervision import supervising
from service.programmes.task_forms import continued_form
from service.store import instances, standings, user_tasks
from service.store.cases import Case
from service.store.instances import Instance
from service.store.task_ground import hindrances, task_ground
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask


@dataclass(frozen=True, slots=True)
class CaseAct:
    """One verb that the actor may do now on one case."""

    work: UnitOfWork
    verb: Verb
    person: int
    reason: str
    case: Case
    instance: Instance
    standings: frozenset[Standing]

    def note(self, **details: Any) -> None:
        """The audit entry of the act, with its reason."""
        self._note("case", self.case.id, details)

    def _note(self, kind: str, key: int, details: dict[str, Any]) -> None:
        told = {name: value for name, value in {**details, "reason": self.reason}.items() if value not in (None, "")}
        note(self.work, self.verb.audit, kind, key, told, case_id=self.case.id)


@dataclass(frozen=True, slots=True)
class TaskAct(CaseAct):
    """One verb that the actor may do now on one task."""

    held: HeldTask
    before: int | None  # who had the task when the act began

    @property
    def task(self) -> UserTask:
        """The task, as read under the lock."""
        return self.held.task

    def note(self, **details: Any) -> None:
        """The audit entry of the act: the task's name, for whom somebody stands in, and the reason."""
        told = stood_for(self.work, self.held, self.before)
        self._note("user-task", self.task.id, {"name": self.task.name, **details, **told})

    def take(self) -> None:
        """Make the actor the assignee where nobody is; the verb needs somebody who answers for the task."""
        if self.task.assignee_id is None:
            user_tasks.claim(self.work.session, self.task.id, self.person, at=self.work.now)
            self.work.session.refresh(self.task)


def begin(work: UnitOfWork, key: str, task_id: int, reason: str = "") -> TaskAct:
    """Lock the task's case and judge one verb of the table; raises NotFound to whoever may not see the case."""
    person, verb = require_person(work), VERBS[key]
    instance = instances.lock_of_task(work.session, task_id)
    loaded = user_tasks.load(work.session, task_id, work.actor)
    task, case = loaded.task, loaded.case
    ground = task_ground(
        work.session, task, person=person, expert=work.actor.expert_id, form=continued_form(task), now=work.now
    )
    held = HeldTask(task, case, instance, loaded.deployment, ground)
    roles = supervising(compiled_of(work.session, case.deployment_id).manifest)
    found = standings.to_task(work.session, work.actor, loaded, ground, supervising=roles, now=work.now)
    if not found:
        raise NotFound()
    if verb.who & HANDS and loaded.in_group and not verb.who & found:
        refuse_unless_workable(work, held)  # it says who was first, and when
    refusal = verb.why_not(found, hindrances(task, case, ground))
    if refusal is not None:
        raise refusal
    supervises = Standing.SUPERVISOR in found & verb.who
    if task.status == OPEN and found & HANDS & verb.who and not supervises:
        refuse_unless_workable(work, held)
    return TaskAct(work, verb, person, reason_of(verb, reason), case, instance, found, held, task.assignee_id)


def begin_case(work: UnitOfWork, key: str, case_id: int, reason: str = "") -> CaseAct:
    """Lock a case and judge one verb of the table on it."""
    person, verb = require_person(work), CASE_VERBS[key]
    instance = instances.lock_of_case(work.session, case_id)
    case = work.session.get_one(Case, case_id, populate_existing=True)
    roles = supervising(compiled_of(work.session, case.deployment_id).manifest)
    found = standings.to_case(work.session, work.actor, case, roles, work.now)
    if Standing.READER not in found:
        raise NotFound()
    closed, suspended = case.ended_at is not None, case.suspended_at is not None
    hindering = {Hindrance.CLOSED: closed, Hindrance.SUSPENDED: suspended}
    refusal = verb.why_not(found, [one for one, holds in hindering.items() if holds])
    if refusal is not None:
        raise refusal
    return CaseAct(work, verb, person, reason_of(verb, reason), case, instance, found)
