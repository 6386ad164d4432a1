"""The one place where a step of the engine becomes rows: every way an instance moves goes through `advance`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from service.commands import step_rows
from service.commands.trail import note
from service.domain.errors import Refusal, StaleRevision
from service.engine import Command, Complete, Fail, OperationRequest, Retry, Step, Work, apply
from service.operations import OperationContext, run_operation
from service.programmes.case_values import CaseReading, read_case
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.store import instances
from service.store.cases import Case
from service.store.instances import Instance
from service.store.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass
class Course:
    """One movement of one instance, from the command to the rows; lives for one transaction."""

    work: UnitOfWork
    case: Case
    instance: Instance
    programme: CompiledProgramme
    steps: list[Step] = field(default_factory=list)
    opened: list[Work] = field(default_factory=list)
    operations: list[dict[str, Any]] = field(default_factory=list)
    retried: set[int] = field(default_factory=set)
    had_incidents: bool = True
    _reading: CaseReading | None = None

    @property
    def last(self) -> Step:
        """The newest step."""
        return self.steps[-1]

    def reading(self) -> CaseReading:
        """What FEEL may read of the case; read again after an operation has written rows."""
        if self._reading is None:
            self._reading = read_case(self.work.session, self.case, self.programme, now=self.work.now)
        return self._reading

    def trail(self) -> dict[str, Any]:
        """What the audit entry keeps of the movement: flows, operations, incidents."""
        return {
            "opened": [{"element": one.element, "name": one.name, "due": _iso(one.due)} for one in self.opened],
            "taken": [flow for step in self.steps for flow in step.taken],
            "operations": self.operations,
            "incidents": [{"element": one.element, "code": one.code, "zh": one.zh} for one in self.last.incidents],
            "outcome": self.last.outcome,
        }

    def move(self, command: Command) -> None:
        """Apply the command and carry out every operation it asks for, until nothing is left to do."""
        waiting = deque(self._apply(command).operations)
        while waiting:
            request = waiting.popleft()
            if any(request.task in step.closed for step in self.steps):
                continue  # an earlier answer has ended the branch that asked
            waiting.extend(self._apply(self._carry_out(request)).operations)

    def _apply(self, command: Command) -> Step:
        state = self.steps[-1].state if self.steps else self.instance.state
        step = apply(self.programme.bundle, state, command, self.work.now, self.reading().values)
        self.steps.append(step)
        return step

    def _carry_out(self, request: OperationRequest) -> Command:
        """The answer of an operation; one that fails leaves no row behind and becomes an incident, not an error."""
        context = OperationContext(self.work, self.case, self.programme, request, self.reading())
        try:
            with self.work.session.begin_nested():
                result = run_operation(context)
                self.work.session.flush()
        except (StaleRevision, DBAPIError):
            raise  # contention: the whole transaction is tried again
        except Exception as error:
            log.exception("operation-failed", operation=request.type, case_id=self.case.id, element=request.element)
            self.operations.append({"operation": request.type, "element": request.element, "failed": str(error)[:300]})
            return Fail(request.task, _code(error), _reason(error))
        finally:
            self._reading = None
        self.operations.append({"operation": request.type, "element": request.element, "result": result})
        return Complete(request.task, result)


def advance(
    work: UnitOfWork, case: Case, instance: Instance, command: Command, *, by_person: int | None = None
) -> Course:
    """Move a locked instance by one command and write what follows: state, tasks, timers, deadlines, incidents.

    The caller holds the instance's lock and writes its own audit entry. `by_person` is the user who completed the task
    that the command names. Raises WrongCommand when the process does not wait for it; then nothing is written.
    """
    programme = compiled_of(work.session, instance.deployment_id)
    course = Course(work, case, instance, programme)
    if isinstance(command, Retry):
        course.retried.add(command.task)
    before = step_rows.before_of(course)
    course.move(command)
    last = course.last
    instances.compare_and_set(work.session, instance, state=last.state, ended=last.ended)
    step_rows.write(course, before, completed_task=getattr(command, "task", None), completed_by=by_person)
    _note_decisions(course)
    return course


def _note_decisions(course: Course) -> None:
    """An entry for each decision: what it read, its digest and its value, so that it can be explained years later."""
    for step in course.steps:
        for one in step.decisions:
            details = {
                "element": one.element,
                "value": one.value,
                "read": one.variables_read,
                "digest": one.digest,
            }
            note(course.work, "decision-taken", "decision", one.decision, details, case_id=course.case.id)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _code(error: Exception) -> str:
    return error.code if isinstance(error, Refusal) else "operation-failed"


def _reason(error: Exception) -> str:
    if isinstance(error, Refusal):
        return error.text("zh")
    return f"{type(error).__name__}: {error}"[:300]
