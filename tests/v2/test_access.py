"""Every route of /v2 by who asks: nobody, a wrong password, a token that is too narrow, people of other places."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.commands import api_tokens, cases, jobs
from service.domain.identity import SYSTEM
from service.store.audit import AuditEntry
from service.store.incidents import Incident
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.user_tasks import UserTask
from tests.jobs.conftest import AT, PROGRAMME, actor
from tests.v2.conftest import Caller

Call = Callable[..., Caller]


@dataclass(frozen=True)
class Route:
    """One operation: how it is asked, by whom it is answered, and what a stranger of another authority gets."""

    rule: str
    method: str = "POST"
    scope: str = "read"
    good: str = "office"
    status: int = 200
    stranger: str = "elsewhere"
    to_stranger: int | str = "empty"
    body: Any = field(default_factory=dict)


@pytest.fixture
def database(sqlite_url: str) -> str:
    """The rule is the same on every database; that its SQL twin is, is proved where the rule is."""
    return sqlite_url


JOB_BODY = {"type": "credit-check", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": -1}
ROUTES = (
    Route("/topology", "GET", to_stranger=200),
    Route("/status", "GET", status=204, to_stranger=204),
    Route("/license", "GET", to_stranger=200),
    Route("/authentication/me", "GET", to_stranger=200),
    Route("/deployments", scope="deploy", good="designer", stranger="designer-elsewhere", to_stranger=403, body="FILE"),
    Route("/process-definitions/search", to_stranger=200),  # published names are no secret
    Route("/process-definitions/PROCESS", "GET", to_stranger=200),
    Route("/process-definitions/PROCESS/xml", "GET", good="designer", stranger="designer-elsewhere", to_stranger=403),
    Route("/decision-definitions/search", to_stranger=200),
    Route("/decision-definitions/DECISION", "GET", to_stranger=200),
    Route("/decision-definitions/DECISION/xml", "GET", good="designer", stranger="office", to_stranger=403),
    Route(
        "/decision-definitions/evaluation", scope="deploy", good="designer", stranger="designer-elsewhere",
        to_stranger=403, body={"decisionDefinitionId": "sample_grade", "variables": {"amount": 1}},
    ),
    Route(
        "/process-instances", scope="work", stranger="credit", to_stranger=403,
        body={"processDefinitionId": "outside-check", "variables": {"amount": 1}},
    ),
    Route("/process-instances/search"),
    Route("/process-instances/INSTANCE", "GET", to_stranger=404),
    Route("/process-instances/INSTANCE/cancellation", scope="operate", status=204, to_stranger=404),
    Route("/variables/search", body={"filter": {"processInstanceKey": "INSTANCE"}}),
    Route("/user-tasks/search"),
    Route("/user-tasks/TASK", "GET", to_stranger=404),
    Route("/user-tasks/TASK/form", "GET", to_stranger=404),
    Route("/user-tasks/TASK/variables/search", to_stranger=404),
    Route("/user-tasks/TASK/assignment", scope="work", status=204, to_stranger=404, body={"assignee": "office"}),
    Route("/user-tasks/TASK/assignee", "DELETE", scope="work", status=409, to_stranger=404),
    Route(
        "/user-tasks/TASK/completion", scope="work", status=204, to_stranger=404, body={"variables": {"note": "同意"}}
    ),
    Route("/incidents/search", good="admin", stranger="admin-elsewhere"),
    Route("/incidents/INCIDENT", "GET", good="admin", stranger="admin-elsewhere", to_stranger=404),
    Route(
        "/incidents/INCIDENT/resolution", scope="operate", good="admin", status=204, stranger="admin-elsewhere",
        to_stranger=404,
    ),
    Route(
        "/messages/publication", scope="jobs", good="credit", stranger="credit-elsewhere", to_stranger=403,
        body={"name": "papers-arrived", "correlationKey": "1"},
    ),
    Route(
        "/messages/correlation", scope="jobs", good="credit", status=404, stranger="credit-elsewhere", to_stranger=403,
        body={"name": "papers-arrived", "correlationKey": "1"},
    ),
    Route("/jobs/activation", scope="jobs", good="credit", stranger="credit-elsewhere", body=JOB_BODY),
    Route("/jobs/search", good="credit", stranger="office"),
    Route("/jobs/JOB/completion", scope="jobs", good="credit", status=204, stranger="office", to_stranger=404),
    Route(
        "/jobs/JOB/failure", scope="jobs", good="credit", status=204, stranger="credit-elsewhere", to_stranger=404,
        body={"retries": 1},
    ),
    Route(
        "/jobs/JOB/error", scope="jobs", good="credit", status=204, stranger="office", to_stranger=404,
        body={"errorCode": "NOT_LISTED"},
    ),
    Route(
        "/jobs/JOB", "PATCH", scope="jobs", good="credit", status=204, stranger="office", to_stranger=404,
        body={"changeset": {"retries": 5}},
    ),
)  # fmt: skip
SECRETS = ("grade_asked", "verdict", "credit-check", "核查信用", "确认核查结果", "amount")


@pytest.fixture
def things(outside: Flask) -> dict[str, str]:
    """Three cases: one with a leased job, one with a user task, one with an incident; the keys of all of it."""
    office, credit = actor("office"), actor("credit")
    for _ in range(3):
        transact(cases.start, PROGRAMME, "outside-check", variables={"amount": 1500}, actor=office, now=AT)
    given = {"worker": "w", "lease": timedelta(minutes=1), "most": 2}
    done, failed = transact(jobs.activate, "credit-check", **given, actor=credit, now=AT)
    transact(jobs.complete, done.job_id, {"verdict": "clean"}, actor=credit, now=AT)
    transact(jobs.fail, failed.job_id, retries=0, message="名录连不上", back_off=timedelta(), actor=credit, now=AT)
    transact(jobs.activate, "credit-check", **given, actor=credit, now=AT)
    transact(jobs.change, 3, retries=2, actor=credit, now=AT)
    db.session.remove()
    task, incident = db.session.query(UserTask).one(), db.session.query(Incident).one()
    keys = {
        "INSTANCE": str(task.instance_id), "TASK": str(task.id), "INCIDENT": str(incident.id), "JOB": "3",
        "PROCESS": "2", "DECISION": "3",
    }  # fmt: skip
    db.session.remove()
    return keys


def ask(caller: Caller, route: Route, keys: dict[str, str], **headers: str) -> TestResponse:
    """Ask a route with the keys filled in."""
    rule, body = route.rule, json.dumps(route.body)
    for name, key in keys.items():
        rule, body = rule.replace(name, key), body.replace(name, key)
    if route.body == "FILE":
        from tests.v2.test_sdk import FORM  # noqa: PLC0415

        data = {"resources": (FORM.open("rb"), FORM.name)}
        return caller.send("POST", f"/v2{rule}", data=data, headers=headers)
    more: dict[str, Any] = {} if route.method in ("GET", "DELETE") else {"json": json.loads(body)}
    return caller.send(route.method, f"/v2{rule}", headers=headers, **more)


def test_no_route_is_left_out(outside: Flask) -> None:
    import re  # noqa: PLC0415

    asked = {(re.sub(r"[A-Z]{3,}", "<key>", route.rule), route.method) for route in ROUTES}
    there = {
        (rule.rule.removeprefix("/v2"), method)
        for rule in outside.url_map.iter_rules()
        if rule.rule.startswith("/v2/") and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there == asked


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.rule}")
def test_a_route_answers_whom_it_should_and_tells_nobody_else_anything(
    call: Call, things: dict[str, str], route: Route
) -> None:
    for login, password in (("", ""), (route.good, "wrong"), ("nobody", "a fictional password")):
        refused = ask(call(login, password), route, things)
        _is_problem(refused, 401)
    narrow = [scope for scope in api_tokens.SCOPES if scope != route.scope]
    given = {"name": "narrow", "scopes": narrow, "days": 1, "login": route.good}
    token = transact(api_tokens.create, **given, actor=SYSTEM, now=AT)
    _is_problem(ask(call(), route, things, Authorization=f"Bearer {token}"), 403)

    foreign = ask(call(route.stranger), route, things)
    if route.to_stranger == "empty":
        assert foreign.status_code == 200
        assert foreign.json.get("items", foreign.json.get("jobs")) == []
        _leaks_nothing(foreign)
    elif isinstance(route.to_stranger, int) and route.to_stranger >= 400:
        _is_problem(foreign, route.to_stranger)
    else:
        assert foreign.status_code == route.to_stranger
    assert ask(call(route.good), route, things).status_code == route.status


def _is_problem(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    _leaks_nothing(answer)


def _leaks_nothing(answer: TestResponse) -> None:
    assert not [secret for secret in SECRETS if secret in answer.text]


def test_who_only_looks_after_the_running_reads_no_variable(call: Call, things: dict[str, str]) -> None:
    admin = call("admin")
    assert len(admin.post("/v2/process-instances/search").json["items"]) == 3
    body = {"filter": {"processInstanceKey": things["INSTANCE"]}}
    assert admin.post("/v2/variables/search", body).json["items"] == []
    assert len(call("office").post("/v2/variables/search", body).json["items"]) == 4
    assert admin.post("/v2/user-tasks/search").json["items"] == []


def test_an_office_ends_a_case_with_the_reason_it_gives(call: Call, things: dict[str, str]) -> None:
    path = f"/v2/process-instances/{things['INSTANCE']}"
    assert call("credit").post(f"{path}/cancellation").status_code == 404
    assert call("office").post(f"{path}/cancellation", {"reason": "单位已注销"}).status_code == 204
    assert call("office").get(path).json["state"] == "TERMINATED"
    again = call("office").post(f"{path}/cancellation")
    assert again.status_code == 409
    db.session.remove()
    entry = db.session.query(AuditEntry).filter_by(action="case-cancelled").one()
    assert entry.details["reason"] == "单位已注销"


def test_a_program_knows_its_jobs_and_not_the_cases(call: Call, things: dict[str, str]) -> None:
    credit = call("credit")
    assert len(credit.post("/v2/jobs/search").json["items"]) == 3
    for path in ("/v2/process-instances/search", "/v2/user-tasks/search", "/v2/incidents/search"):
        assert credit.post(path).json["items"] == []
    body = {"filter": {"processInstanceKey": things["INSTANCE"]}}
    assert credit.post("/v2/variables/search", body).json["items"] == []
    assert credit.get(f"/v2/process-instances/{things['INSTANCE']}").status_code == 404


def test_what_failed_is_shown_to_who_looks_after_the_running_and_to_no_reader(
    call: Call, things: dict[str, str]
) -> None:
    office, admin = call("office"), call("admin")
    (stuck,) = admin.post("/v2/incidents/search").json["items"]
    assert "名录连不上" in stuck["errorMessage"]
    assert office.get(f"/v2/process-instances/{stuck['processInstanceKey']}").json["hasIncident"] is True
    assert office.post("/v2/incidents/search").json["items"] == []
    assert office.get(f"/v2/incidents/{things['INCIDENT']}").status_code == 404
    assert office.post(f"/v2/incidents/{things['INCIDENT']}/resolution").status_code == 404


def test_a_task_that_another_holds_is_not_taken_from_them(call: Call, things: dict[str, str]) -> None:
    path = f"/v2/user-tasks/{things['TASK']}"
    assert call("office").post(f"{path}/assignment", {"assignee": "office"}).status_code == 204
    taken = call("office-2").post(f"{path}/assignment", {"assignee": "office-2", "allowOverride": True})
    assert taken.status_code == 409
    assert "示例·office" in taken.json["detail"]
    assert call("office-2").post(f"{path}/completion", {"variables": {"note": "同意"}}).status_code == 409
    for_another = call("office").post(f"{path}/assignment", {"assignee": "office-2"})
    assert for_another.status_code == 403
