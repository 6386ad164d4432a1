"""Who belongs to a unit of a case reads it at /v2 as that unit does, whatever office they hold."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.domain.identity import SYSTEM
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.users import Grant, User
from tests.web.conftest import AT, GOOD, PASSWORD, Browser, app, browse, clock, filled, site

__all__ = ["app", "browse", "clock", "filled", "site"]
Ask = Callable[..., Any]


@pytest.fixture
def ask(site: Flask) -> Ask:
    """A request as somebody; a path with a body is a POST."""
    client: FlaskClient = site.test_client()

    def send(login: str, path: str, body: Any = None) -> Any:
        sent = base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
        method = "GET" if body is None else "POST"
        return client.open(f"/v2{path}", method=method, json=body, headers={"Authorization": f"Basic {sent}"})

    return send


@pytest.fixture
def submitted(site: Flask, browse: Callable[[str], Browser]) -> None:
    """A declaration that has been sent, and a reviewer at the authority who is employed by the applicant."""
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        transact(_hire, actor=SYSTEM, now=AT)
    office = browse("office")
    assert office.post("/cases/1/events", {"name": "training-held", "on": "2025-04-01"}).status_code == 303


def _hire(work: UnitOfWork) -> None:
    """The declaration is received, and the applicant's colleague becomes an officer of the authority, too."""
    work.session.get_one(Case, 1).submitted_at = work.now
    colleague = work.session.query(User).filter_by(login="colleague").one()
    authority = work.session.query(Organisation).filter_by(code="sample-authority").one()
    work.session.query(Grant).filter_by(user_id=colleague.id).delete()
    work.session.add(Grant(user_id=colleague.id, role="office", organisation_id=authority.id))


def _counts(ask: Ask, login: str) -> tuple[int, int, int]:
    instances = ask(login, "/process-instances/search", {}).json["items"]
    tasks = ask(login, "/user-tasks/search", {"filter": {"state": "CREATED"}}).json["items"]
    variables = ask(login, "/variables/search", {"filter": {"processInstanceKey": "1"}}).json["items"]
    return len(instances), len(tasks), len(variables)


def test_a_reviewer_of_the_own_unit_reads_the_case_as_the_unit_does(ask: Ask, submitted: None) -> None:
    del submitted
    instances, tasks, variables = _counts(ask, "office")
    assert (instances, tasks) == (1, 1)
    assert variables > 0
    assert _counts(ask, "colleague") == (1, 0, 0)  # its own unit's case, none of the tasks, none of the variables


def test_a_reviewer_in_conflict_cannot_take_the_task(ask: Ask, submitted: None, site: Flask) -> None:
    del submitted
    with site.app_context():
        from service.store.user_tasks import UserTask  # noqa: PLC0415

        task = db.session.query(UserTask.id).filter_by(status="open").one()[0]
    for path, body in (
        (f"/user-tasks/{task}", None),
        (f"/user-tasks/{task}/form", None),
        (f"/user-tasks/{task}/variables/search", {}),
        (f"/user-tasks/{task}/assignment", {"assignee": "colleague"}),
        (f"/user-tasks/{task}/completion", {"variables": {}}),
    ):
        assert ask("colleague", path, body).status_code == 404, path
    assert ask("office", f"/user-tasks/{task}").status_code == 200


def test_strangers_and_drafts(ask: Ask, browse: Callable[[str], Browser]) -> None:
    browse("lead").start()
    for login in ("office", "stranger", "elsewhere", "designer"):
        assert _counts(ask, login) == (0, 0, 0), login
    assert _counts(ask, "lead") == (1, 1, 0)
