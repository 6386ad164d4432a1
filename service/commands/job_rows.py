"""Turns what a movement asks of programs outside into jobs, and closes those whose token has left."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from service.domain.identity import group_at
from service.engine import OperationRequest
from service.store import jobs
from service.store.jobs import Job

if TYPE_CHECKING:
    from service.commands.advance import Course

NO_RETRIES = "job-no-retries"
# The worker has tried already, and an error that nothing catches is thrown again: such incidents wait for a person.
FOR_PEOPLE = frozenset({NO_RETRIES, "uncaught-error"})


def is_outside(course: Course, request: OperationRequest) -> bool:
    """Whether the manifest declares this type as a program's work; everything else is an operation of the service."""
    return request.type in course.programme.manifest.jobs


def open_job(course: Course, request: OperationRequest) -> None:
    """The job of a request. A token that is tried again after an incident has its job opened again.

    Retries that somebody has set since stand; without any left, those of the diagram do.
    """
    work, case = course.work, course.case
    job = jobs.at_token(work.session, course.instance.id, request.task)
    if job is None:
        worker = course.programme.manifest.jobs[request.type].worker
        job = Job(
            instance_id=course.instance.id,
            case_id=case.id,
            engine_task=request.task,
            element=request.element,
            process=request.process,
            type=request.type,
            group_key=group_at(worker, case.authority_id or 0),
            headers=dict(request.headers),
            retries=0,
            opened_at=work.now,
        )
        work.session.add(job)
    job.inputs, job.state, job.closed_at = dict(request.inputs), jobs.OPEN, None
    job.retries = job.retries or request.retries
    job.worker, job.free_at, job.changed_at = "", work.now, work.now


def close_left(course: Course, closed: Collection[int]) -> None:
    """Cancel the jobs of tokens that wait no longer; a programme without jobs costs no statement."""
    if closed and course.programme.manifest.jobs:
        course.work.session.flush()
        jobs.cancel(course.work.session, course.instance.id, closed, at=course.work.now)
