"""What a program outside does with a job: take it for a while, complete it, report a failure, throw an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.commands.advance import CaseSuspended, advance
from service.commands.job_rows import NO_RETRIES
from service.commands.trail import note
from service.domain.errors import InvalidInput, NotFound, WrongState
from service.engine import Command as EngineCommand
from service.engine import Complete, Fail, Throw
from service.programmes.compiled import compiled_of
from service.store import instances, jobs
from service.store.cases import Case
from service.store.instances import Instance
from service.store.jobs import Job
from service.store.unit_of_work import UnitOfWork

SHORTEST_LEASE: Final = timedelta(seconds=1)
LONGEST_LEASE: Final = timedelta(hours=24)
LONGEST_BACK_OFF: Final = timedelta(days=7)
MOST_AT_ONCE: Final = 100
MOST_RETRIES: Final = 100


@dataclass(frozen=True, slots=True)
class ActivatedJob:
    """A job as its worker gets it: nothing of the case but what the diagram's input mappings name."""

    job_id: int
    type: str
    instance_id: int
    engine_task: int
    element: str
    process: str
    deployment_id: int
    inputs: Mapping[str, Any]
    headers: Mapping[str, Any]
    retries: int
    worker: str
    until_at: datetime


def activate(work: UnitOfWork, kind: str, *, worker: str, lease: timedelta, most: int) -> tuple[ActivatedJob, ...]:
    """Hand out at most `most` free jobs of a type to the actor until the lease ends; then they are free again."""
    if not SHORTEST_LEASE <= lease <= LONGEST_LEASE:
        zh, en = "应在 1000 毫秒与 24 小时之间", "must be between 1000 milliseconds and 24 hours"
        raise InvalidInput(field="timeout", zh=zh, en=en)
    taken = jobs.free(work.session, kind, work.actor.groups, work.now, min(most, MOST_AT_ONCE))
    handed = []
    for job in taken:
        job.worker, job.free_at, job.changed_at = worker, work.now + lease, work.now
        instance = work.session.get_one(Instance, job.instance_id)
        said = {"type": job.type, "element": job.element, "worker": worker, "until": job.free_at.isoformat()}
        note(work, "job-activated", "job", job.id, said, case_id=job.case_id)
        handed.append(_handed(job, instance.deployment_id))
    return tuple(handed)


def complete(work: UnitOfWork, job_id: int, variables: Mapping[str, Any]) -> None:
    """Complete the job: its output mappings make variables of the result, and the case moves on.

    A result that the diagram maps nowhere is refused: what enters a process is drawn.
    """
    job, instance = _held(work, job_id)
    if variables and not _outputs(work, instance, job):
        zh = "图上这个任务没有输出映射，结果无处可去"
        raise InvalidInput(field="variables", zh=zh, en="the task has no output mapping, so a result would be lost")
    _close(work, job, jobs.COMPLETED)
    _move(work, job, instance, Complete(job.engine_task, dict(variables)), "job-completed")


def fail(work: UnitOfWork, job_id: int, *, retries: int, message: str, back_off: timedelta) -> None:
    """Report a failure: the job is free again after the back-off; with no retries left it becomes an incident."""
    if not 0 <= retries <= MOST_RETRIES:
        raise InvalidInput(field="retries", zh=f"应在 0 与 {MOST_RETRIES} 之间", en=f"must be 0 to {MOST_RETRIES}")
    if not timedelta() <= back_off <= LONGEST_BACK_OFF:
        raise InvalidInput(field="retryBackOff", zh="应在 0 与 7 天之间", en="must be between 0 and 7 days")
    job, instance = _held(work, job_id)
    job.error_message, job.retries, job.changed_at = message or None, retries, work.now
    if retries:
        job.worker, job.free_at = "", work.now + back_off
        said = {"type": job.type, "element": job.element, "message": message, "retries": retries}
        note(work, "job-failed", "job", job.id, said, case_id=job.case_id)
        return
    _close(work, job, jobs.FAILED)
    zh = f"外部作业没有剩余的重试次数：{message}" if message else "外部作业没有剩余的重试次数。"
    en = f"No retries are left for the job: {message}" if message else "No retries are left for the job."
    _move(work, job, instance, Fail(job.engine_task, NO_RETRIES, zh, en), "job-failed")


def throw(work: UnitOfWork, job_id: int, *, code: str, message: str) -> None:
    """Throw a BPMN error that the diagram may catch; one that nothing catches becomes an incident."""
    job, instance = _held(work, job_id)
    job.error_code, job.error_message = code, message or None
    _close(work, job, jobs.THROWN)
    _move(work, job, instance, Throw(job.engine_task, code), "job-error-thrown")


def change(work: UnitOfWork, job_id: int, *, retries: int | None = None, lease: timedelta | None = None) -> None:
    """Set the retries of an open or failed job, or lengthen the lease of one that is held."""
    job, _ = _locked(work, job_id)
    if retries is not None:
        if not 1 <= retries <= MOST_RETRIES:
            raise InvalidInput(field="retries", zh=f"应在 1 与 {MOST_RETRIES} 之间", en=f"must be 1 to {MOST_RETRIES}")
        if job.state not in (jobs.OPEN, jobs.FAILED):
            raise _over(job)
        job.retries = retries
    if lease is not None:
        if not SHORTEST_LEASE <= lease <= LONGEST_LEASE:
            zh, en = "应在 1000 毫秒与 24 小时之间", "must be between 1000 milliseconds and 24 hours"
            raise InvalidInput(field="timeout", zh=zh, en=en)
        if job.state != jobs.OPEN or not job.worker:
            raise _over(job)
        job.free_at = work.now + lease
    job.changed_at = work.now
    said = {"type": job.type, "retries": job.retries, "until": job.free_at.isoformat()}
    note(work, "job-changed", "job", job.id, said, case_id=job.case_id)


def _held(work: UnitOfWork, job_id: int) -> tuple[Job, Instance]:
    """An open job of the actor's with its instance locked; NotFound for another's, WrongState for one that is over."""
    job, instance = _locked(work, job_id)
    if job.state != jobs.OPEN:
        raise _over(job)
    if work.session.get_one(Case, job.case_id, populate_existing=True).suspended_at is not None:
        raise CaseSuspended()
    return job, instance


def _locked(work: UnitOfWork, job_id: int) -> tuple[Job, Instance]:
    job = work.session.get(Job, job_id)
    if job is None or job.group_key not in work.actor.groups:
        raise NotFound()
    instance = instances.lock(work.session, job.instance_id)
    work.session.refresh(job)
    return job, instance


def _over(job: Job) -> WrongState:
    return WrongState(zh=f"作业已经结束（{job.state}）。", en=f"The job is over ({job.state}).")


def _close(work: UnitOfWork, job: Job, state: str) -> None:
    job.state, job.closed_at, job.changed_at = state, work.now, work.now
    work.session.flush()


def _move(work: UnitOfWork, job: Job, instance: Instance, command: EngineCommand, action: str) -> None:
    case = work.session.get_one(Case, job.case_id)
    course = advance(work, case, instance, command)
    said = {"type": job.type, "element": job.element, "worker": job.worker, "message": job.error_message}
    note(work, action, "job", job.id, {**said, **course.trail()}, case_id=case.id)


def _outputs(work: UnitOfWork, instance: Instance, job: Job) -> tuple[str, ...]:
    process = compiled_of(work.session, instance.deployment_id).closure.processes[job.process]
    return next((element.outputs for element in process.elements if element.id == job.element), ())


def _handed(job: Job, deployment_id: int) -> ActivatedJob:
    return ActivatedJob(
        job_id=job.id,
        type=job.type,
        instance_id=job.instance_id,
        engine_task=job.engine_task,
        element=job.element,
        process=job.process,
        deployment_id=deployment_id,
        inputs=dict(job.inputs),
        headers=dict(job.headers),
        retries=job.retries,
        worker=job.worker,
        until_at=job.free_at,
    )
