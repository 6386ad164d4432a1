"""The one place where a step of the engine becomes rows: every way an instance moves goes through `advance`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from service.commands import step_rows
from service.domain.errors import Refusal, StaleRevision
from service.engine import CaseValues, Command, Complete, Fail, OperationRequest, Step, apply
from service.operations import OperationContext, run_operation
from service.programmes.case_values import case_values
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
    operations: list[dict[str, Any]] = field(default_factory=list)
    _values: CaseValues | None = None

    @property
    def last(self) -> Step:
        """The newest step."""
        return self.steps[-1]

    def values(self) -> CaseValues:
        """What FEEL may read of the case; loaded again after an operation has written rows."""
        if self._values is None:
            self._values = case_values(self.work.session, self.case, self.programme, now=self.work.now)
        return self._values

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
        step = apply(self.programme.bundle, state, command, self.work.now, self.values())
        self.steps.append(step)
        return step

    def _carry_out(self, request: OperationRequest) -> Command:
        """The answer of an operation; one that fails leaves no row behind and becomes an incident, not an error."""
        context = OperationContext(self.work, self.case, self.programme, request, self.values())
        try:
            with self.work.session.begin_nested():
                result = run_operation(context)
                self.work.session.flush()
        except (StaleRevision, DBAPIError):
            raise  # contention: the whole transaction is tried again
        except Exception as error:  # noqa: BLE001 - the incident boundary: a person's act outlives the step after it
            log.exception("operation-failed", operation=request.type, case_id=self.case.id, element=request.element)
            self.operations.append({"operation": request.type, "element": request.element, "failed": str(error)[:300]})
            return Fail(request.task, _code(error), _reason(error))
        finally:
            self._values = None
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
    before = step_rows.live_tasks(programme, instance)
    course.move(command)
    instances.compare_and_set(
        work.session, instance, state=course.last.state, ended=course.last.ended
    )
    step_rows.write(course, before=before, completed_task=getattr(command, "task", None), completed_by=by_person)
    return course


def _code(error: Exception) -> str:
    return error.code if isinstance(error, Refusal) else "operation-failed"


def _reason(error: Exception) -> str:
    if isinstance(error, Refusal):
        return error.text("zh")
    return f"{type(error).__name__}: {error}"[:300]
