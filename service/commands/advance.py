"""The one place where a step of the engine becomes rows: every way an instance moves goes through `advance`."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.commands import job_rows, promotions, signals, step_rows
from service.commands.trail import note
from service.domain.errors import Refusal, WrongState
from service.engine import Command, Complete, Fail, IncidentRow, OperationRequest, Retry, Start, Step, Work, apply
from service.operations import OperationContext, run_operation
from service.programmes.case_values import CaseReading, Paths, read_case
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.store import instances
from service.store.case_ground import CaseGround
from service.store.cases import Case
from service.store.instances import Instance
from service.store.unit_of_work import UnitOfWork, may_pass
from service.store.user_tasks import UserTask

log = structlog.get_logger(__name__)

MOST_OPERATIONS = 200


class CaseSuspended(WrongState):
    """The case stands still: nothing moves it until it is resumed, but what ends it or what the public was promised."""

    code = "case-suspended"
    zh = "案件已暂停办理，恢复以后再办。"
    en = "The case is suspended; it goes on once it is resumed."


@dataclass
class Course:
    """One movement of one instance, from the command to the rows; lives for one transaction."""

    work: UnitOfWork
    case: Case
    instance: Instance
    programme: CompiledProgramme
    before: step_rows.Before
    ground: CaseGround | None = None
    steps: list[Step] = field(default_factory=list)
    opened: list[Work] = field(default_factory=list)
    operations: list[dict[str, Any]] = field(default_factory=list)
    retried: int | None = None
    engine_s: float = 0.0  # processor seconds in the engine: neither operations nor a busy machine count
    _paths: Paths = frozenset()
    _reading: CaseReading | None = None

    @property
    def last(self) -> Step:
        """The newest step."""
        return self.steps[-1]

    def reading(self) -> CaseReading:
        """What the present step can read of the case; read again after an operation has written rows."""
        if self._reading is None:
            self._reading = read_case(
                self.work.session,
                self.case,
                self.programme,
                now=self.work.now,
                paths=self._paths,
                ground=self.ground,
            )
            self.ground = self._reading.ground
        return self._reading

    @property
    def new_incidents(self) -> list[IncidentRow]:
        """The tokens that this movement parked, without those that were parked before."""
        return [one for one in self.last.incidents if not self.before.was_stuck(one.task)]

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
        waiting = deque(self._apply(command, self._paths_of(command)).operations)
        while waiting:
            request = waiting.popleft()
            if any(request.task in step.closed for step in self.steps):
                continue  # an earlier answer has ended the branch that asked
            if job_rows.is_outside(self, request):
                job_rows.open_job(self, request)
                continue  # its token waits for an answer from outside
            answer = self._carry_out(request) if len(self.operations) < MOST_OPERATIONS else _too_many(request)
            paths = self.programme.bundle.paths(request.process, request.element)
            waiting.extend(self._apply(answer, paths).operations)

    def _paths_of(self, command: Command) -> Paths:
        """What the movement can read, by the element it begins at; everything, where that is not known."""
        bundle = self.programme.bundle
        if isinstance(command, Start):
            return bundle.paths(command.process)
        begun = self.before.live.get(getattr(command, "task", -1))
        return bundle.paths(begun.process, begun.element) if begun is not None else bundle.all_paths

    def _apply(self, command: Command, paths: Paths) -> Step:
        self._paths, self._reading = paths, None
        state = self.steps[-1].state if self.steps else self.instance.state
        values, begun_s = self.reading().values, time.thread_time() - self.engine_s
        step = apply(
            self.programme.bundle, state, command, self.work.now, values, clock=lambda: time.thread_time() - begun_s
        )
        self.engine_s = time.thread_time() - begun_s
        self.steps.append(step)
        return step

    def _carry_out(self, request: OperationRequest) -> Command:
        """The answer of an operation; one that fails leaves no row behind and becomes an incident, not an error."""
        context = OperationContext(self.work, self.case, self.programme, request)
        try:
            with self.work.session.begin_nested():
                result = run_operation(context)
                self.work.session.flush()
        except Exception as error:
            if may_pass(error):
                raise  # the whole transaction is tried again
            log.exception("operation-failed", operation=request.type, case_id=self.case.id, element=request.element)
            zh, en = _reason(error, "zh"), _reason(error, "en")
            self.operations.append({"operation": request.type, "element": request.element, "failed": en})
            return Fail(request.task, _code(error), zh, en)
        finally:
            self.ground = None
        self.operations.append({"operation": request.type, "element": request.element, "result": result})
        return Complete(request.task, result)


def advance(
    work: UnitOfWork,
    case: Case,
    instance: Instance,
    command: Command,
    *,
    completed: UserTask | None = None,
    by: int | None = None,
    ground: CaseGround | None = None,
    while_suspended: bool = False,
) -> Course:
    """Move a locked instance by one command and write what follows: state, tasks, timers, deadlines, incidents.

    The caller holds the instance's lock and writes its own audit entry. `completed` is the task whose completion the
    command is, `by` whose act that was (the actor's, unless said); `ground` what has been read of the case in this
    transaction; `while_suspended` lets it pass though the case is. Raises CaseSuspended, and WrongCommand when the
    process does not wait for it; then nothing is written.
    """
    if case.suspended_at is not None and not while_suspended:
        raise CaseSuspended()
    programme = compiled_of(work.session, instance.deployment_id)
    before = step_rows.Before.of(programme, instance)
    course = Course(work, case, instance, programme, before, ground)
    course.retried = command.task if isinstance(command, Retry) else None
    course.move(command)
    instances.compare_and_set(work.session, instance, state=course.last.state, ended=course.last.ended)
    step_rows.write(course, before, completed=completed, by=by or work.actor.user_id)
    if course.last.ended:
        promotions.told_below(work, case)
    for name in (name for step in course.steps for name in step.signals):
        signals.spread(work, name, authority_id=case.authority_id, besides=instance.id)
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


def _too_many(request: OperationRequest) -> Fail:
    """A diagram that asks for operations in a circle stops at the next of them, where a designer sees it."""
    zh, en = f"一次办理中的自动操作超过 {MOST_OPERATIONS} 项", f"more than {MOST_OPERATIONS} operations in one act"
    return Fail(request.task, "too-many-operations", zh, en)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _code(error: Exception) -> str:
    return error.code if isinstance(error, Refusal) else "operation-failed"


def _reason(error: Exception, language: str) -> str:
    if isinstance(error, Refusal):
        return error.text(language)
    name = type(error).__name__
    if isinstance(error, SQLAlchemyError):  # its text holds the statement and the values, which are somebody's data
        zh, en = f"数据库拒绝了（{name}），原文在服务日志里", f"the database refused ({name}); the log has its words"
        return zh if language == "zh" else en
    return f"{name}: {error}"[:300]
