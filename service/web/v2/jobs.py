"""Jobs for workers outside: taken with a long poll that is bounded, completed, failed, thrown out of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from service.commands import jobs as commands
from service.commands.jobs import LONGEST_LEASE, MOST_AT_ONCE, SHORTEST_LEASE, ActivatedJob
from service.queries import work_lists
from service.queries.work_lists import TaskRow
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api import searching
from service.web.api.blueprint import allows
from service.web.api.bodies import Body, Text
from service.web.api.searching import SearchBody
from service.web.security import instant_now, moment, who
from service.web.v2 import waiting
from service.web.v2.parts import (
    TENANT,
    V2Blueprint,
    element_key,
    instant,
    key,
    key_in_address,
    nothing,
    page_of,
    programme,
    refuse_unless_empty,
    shape,
    tags,
    text,
)

part: Final = V2Blueprint("jobs", __name__, "Jobs for workers outside.")
_LEASE: Final = validate.Range(int(SHORTEST_LEASE.total_seconds() * 1000), int(LONGEST_LEASE.total_seconds() * 1000))

ActivatedJob_ = shape(
    "ActivatedJob", jobKey=key(), type=text(), kind=text(), listenerEventType=text(), elementId=text(),
    elementInstanceKey=key(), customHeaders=fields.Dict(), worker=text(), retries=fields.Integer(),
    deadline=fields.Integer(), variables=fields.Dict(), priority=fields.Integer(), physicalTenantId=text(),
    userTask=fields.Dict(allow_none=True), tags=tags(), businessId=nothing(), processDefinitionId=text(),
    processDefinitionVersion=fields.Integer(), processDefinitionKey=key(), processInstanceKey=key(),
    rootProcessInstanceKey=key(), tenantId=text(),
)  # fmt: skip
Activation = shape("JobActivation", jobs=fields.List(fields.Nested(ActivatedJob_)))
Job = shape(
    "Job", jobKey=key(), type=text(), kind=text(), listenerEventType=text(), state=text(), worker=text(),
    retries=fields.Integer(), elementId=text(), elementInstanceKey=key(), customHeaders=fields.Dict(),
    deadline=instant(), creationTime=instant(), lastUpdateTime=instant(), endTime=instant(),
    errorCode=text(null=True), errorMessage=text(null=True), hasFailedWithRetriesLeft=fields.Boolean(),
    isDenied=fields.Boolean(allow_none=True), deniedReason=nothing(), businessId=nothing(),
    processDefinitionId=text(), processDefinitionKey=key(null=True), processInstanceKey=key(),
    rootProcessInstanceKey=key(), priority=fields.Integer(), tenantId=text(),
)  # fmt: skip


class ActivationBody(Body):
    """What to take, how much of it, for how long, and how long to wait for it (milliseconds)."""

    type = Text(200, least=1, required=True)
    worker = Text(100, load_default="", allow_none=True)
    timeout = fields.Integer(required=True, strict=True, validate=_LEASE)
    most = fields.Integer(
        data_key="maxJobsToActivate", required=True, strict=True, validate=validate.Range(1, MOST_AT_ONCE)
    )
    wait = fields.Integer(data_key="requestTimeout", load_default=0, allow_none=True, strict=True)
    names = fields.List(fields.String(), data_key="fetchVariable", load_default=None, allow_none=True)


class JobCompletionBody(Body):
    """The result, which the diagram's output mappings read."""

    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    result = fields.Raw()


class JobFailureBody(Body):
    """How often it may be tried again, from when, and what went wrong."""

    retries = fields.Integer(load_default=0, strict=True)
    message = Text(2000, data_key="errorMessage", load_default="", allow_none=True)
    back_off = fields.Integer(data_key="retryBackOff", load_default=0, strict=True, validate=validate.Range(0, 2**53))
    variables = fields.Raw()


class JobErrorBody(Body):
    """The error that the diagram catches."""

    code = Text(200, least=1, data_key="errorCode", required=True)
    message = Text(2000, data_key="errorMessage", load_default="", allow_none=True)
    variables = fields.Raw()


class Changes(Body):
    """What of a job to change."""

    retries = fields.Integer(load_default=None, strict=True, allow_none=True)
    timeout = fields.Integer(load_default=None, strict=True, allow_none=True, validate=_LEASE)


class JobChangeBody(Body):
    """The changes."""

    changeset = fields.Nested(Changes, required=True)


@part.post("/jobs/activation")
@part.takes(ActivationBody)
@part.gives(200, Activation)
@allows("jobs")
def activate(body: dict[str, Any]) -> dict[str, Any]:
    """Take free jobs; where there are none the answer waits, so that idle workers do not ask in circles."""
    actor, kind = who(), body["type"]
    lease = timedelta(milliseconds=body["timeout"])
    given = {"worker": body["worker"] or "", "lease": lease, "most": body["most"]}

    def take() -> Sequence[ActivatedJob]:
        now = instant_now()
        if not work_lists.has_free_job(db.session(), actor, kind, now):
            db.session.rollback()  # nothing is held while the answer waits
            return ()
        return transact(commands.activate, kind, **given, actor=actor, now=now)

    taken = waiting.HELD.wait(take, body["wait"] or 0)
    keys = work_lists.process_keys(db.session(), [one.deployment_id for one in taken])
    return {"jobs": [_activated(one, *keys[one.deployment_id, one.process], body["names"]) for one in taken]}


@part.post("/jobs/search")
@part.takes(SearchBody)
@part.gives(200, page_of(Job))
@allows("read")
def search(body: dict[str, Any]) -> dict[str, Any]:
    """The jobs of the caller's groups."""
    return searching.envelope(work_lists.jobs(db.session(), who(), searching.read(body), programme()), _job)


@part.post("/jobs/<key>/completion")
@part.takes(JobCompletionBody)
@part.gives(204)
@allows("jobs")
def complete(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """Complete a job with its result."""
    refuse_unless_empty(body, "result")
    transact(commands.complete, key_in_address(key), body["variables"] or {}, actor=who(), now=moment())
    return "", 204


@part.post("/jobs/<key>/failure")
@part.takes(JobFailureBody)
@part.gives(204)
@allows("jobs")
def fail(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """Report that it could not be done; with no retries left it becomes an incident."""
    refuse_unless_empty(body, "variables")
    back_off = timedelta(milliseconds=body["back_off"])
    given = {"retries": body["retries"], "message": body["message"] or "", "back_off": back_off}
    transact(commands.fail, key_in_address(key), **given, actor=who(), now=moment())
    return "", 204


@part.post("/jobs/<key>/error")
@part.takes(JobErrorBody)
@part.gives(204)
@allows("jobs")
def throw(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """Throw an error that a boundary event or an event sub-process catches."""
    refuse_unless_empty(body, "variables")
    given = {"code": body["code"], "message": body["message"] or ""}
    transact(commands.throw, key_in_address(key), **given, actor=who(), now=moment())
    return "", 204


@part.patch("/jobs/<key>")
@part.takes(JobChangeBody)
@part.gives(204)
@allows("jobs")
def change(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """Set the retries, or lengthen the lease."""
    changes = body["changeset"]
    lease = timedelta(milliseconds=changes["timeout"]) if changes["timeout"] is not None else None
    given = {"retries": changes["retries"], "lease": lease}
    transact(commands.change, key_in_address(key), **given, actor=who(), now=moment())
    return "", 204


def _activated(one: ActivatedJob, process_key: int, version: int, names: list[str] | None) -> dict[str, Any]:
    variables = one.inputs if not names else {name: one.inputs[name] for name in names if name in one.inputs}
    return {
        "jobKey": one.job_id, "type": one.type, "kind": "BPMN_ELEMENT", "listenerEventType": "UNSPECIFIED",
        "elementId": one.element, "elementInstanceKey": element_key(one.instance_id, one.engine_task),
        "customHeaders": one.headers, "worker": one.worker, "retries": one.retries,
        "deadline": int(one.until_at.timestamp() * 1000), "variables": variables, "priority": 50,
        "physicalTenantId": TENANT, "userTask": None, "tags": [], "businessId": None,
        "processDefinitionId": one.process, "processDefinitionVersion": version, "processDefinitionKey": process_key,
        "processInstanceKey": one.instance_id, "rootProcessInstanceKey": one.instance_id, "tenantId": TENANT,
    }  # fmt: skip


def _job(row: TaskRow) -> dict[str, Any]:
    is_open = row.own_state == "open"
    return {
        "jobKey": row.id, "type": row.type, "kind": "BPMN_ELEMENT", "listenerEventType": "UNSPECIFIED",
        "state": row.state, "worker": row.worker, "retries": row.retries, "elementId": row.element,
        "elementInstanceKey": element_key(row.instance_id, row.engine_task), "customHeaders": row.headers,
        "deadline": row.free_at if is_open and row.worker else None, "creationTime": row.opened_at,
        "lastUpdateTime": row.changed_at, "endTime": row.closed_at, "errorCode": row.error_code,
        "errorMessage": row.error_message, "hasFailedWithRetriesLeft": is_open and row.error_message is not None,
        "isDenied": None, "deniedReason": None, "businessId": None, "processDefinitionId": row.procedure,
        "processDefinitionKey": row.definition_id, "processInstanceKey": row.instance_id,
        "rootProcessInstanceKey": row.instance_id, "priority": 50, "tenantId": TENANT,
    }  # fmt: skip
