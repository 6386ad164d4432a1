"""The verbs for programs: the same table, the same refusals, a result a row for many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.commands import api_tokens
from service.domain.deadlines import local_date
from service.store.cases import Case
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from tests.support.office import Office
from tests.verbs.desk import Desk


@pytest.fixture
def desk(office: Office) -> Desk:
    """A matter whose first check is open."""
    found = Desk(office)
    found.start("matter")
    found.submit("申报单位", "填写申请")
    return found


def program(desk: Desk, role: str, *scopes: str) -> dict[str, str]:
    """The header of a token of somebody in the office."""
    given = {"name": "test", "scopes": scopes or api_tokens.SCOPES, "days": 30}
    return {"Authorization": f"Bearer {desk.office.act(api_tokens.create, by=desk.office.person(role), **given)}"}


def post(desk: Desk, address: str, headers: dict[str, str], **body: Any) -> Any:
    client: FlaskClient = desk.office.app.test_client()
    return client.post(f"/api/v1{address}", json=body, headers=headers)


def sent(work: UnitOfWork, case_id: int) -> None:
    work.session.get_one(Case, case_id).submitted_at = work.now


def test_a_program_reads_what_can_be_done_and_does_it(desk: Desk) -> None:
    task, headers = desk.task("初核"), program(desk, "clerk")
    found = desk.office.app.test_client().get(f"/api/v1/user-tasks/{task}/verbs", headers=headers).json
    assert {"verb": "transfer", "name": "转办", "reason": True, "takes": ["personKey"]}.items() <= found["verbs"][
        0
    ].items()
    assert [one["target"] for one in found["targets"]] == ["check", "apply"] or found["targets"][0][
        "name"
    ] == "填写申请"
    other = desk.office.person("clerk", 2)
    answer = post(desk, f"/user-tasks/{task}/transfer", headers, personKey=str(other.user_id), reason="出差")
    assert answer.status_code == 204, answer.text
    assert desk.office.rows(
        UserTask.__table__.select().with_only_columns(UserTask.assignee_id).where(UserTask.id == task)
    ) == [other.user_id]


def test_refusals_are_problems_with_their_code(desk: Desk) -> None:
    task, headers = desk.task("初核"), program(desk, "clerk")
    for body, status, code in (
        ({"reason": "出差"}, 422, "invalid-input"),
        ({"personKey": "1"}, 422, "invalid-input"),
        ({"personKey": 7, "reason": "出差"}, 422, "invalid-input"),
        ({"personKey": str(desk.office.person("lead").user_id), "reason": "出差"}, 403, "not-allowed"),
    ):
        answer = post(desk, f"/user-tasks/{task}/transfer", headers, **body)
        assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert post(desk, f"/user-tasks/{task}/fly", headers).status_code == 404
    assert post(desk, f"/user-tasks/{task}/urge", program(desk, "voter")).status_code == 404
    assert post(desk, f"/user-tasks/{task}/claim", program(desk, "clerk", "read")).status_code == 403
    assert post(desk, f"/cases/{desk.case_id}/cancel", program(desk, "lead"), reason="不想办了").status_code == 403


def test_many_get_a_result_each(desk: Desk) -> None:
    headers = program(desk, "head")
    desk.office.act(sent, desk.case_id)  # until then it is the applicant's draft
    answer = post(desk, "/batches/suspend", headers, keys=[str(desk.case_id), "999"], reason="统一暂停")
    assert [(one["key"], one["done"], one["code"]) for one in answer.json["results"]] == [
        (str(desk.case_id), True, ""),
        ("999", False, "not-found"),
    ]
    answer = post(desk, "/batches/resume", headers, keys=[str(desk.case_id)], reason="统一恢复")
    assert answer.json["results"][0]["done"]
    day = (local_date(desk.office.now) + timedelta(days=4)).isoformat()
    answer = post(desk, "/batches/set-due", headers, keys=[str(desk.task("初核"))], dueOn=day, reason="统一改期")
    assert answer.json["results"][0]["done"]
    for verb, body in (
        ("set-due", {"keys": ["1"], "reason": "没有日期"}),
        ("fly", {"keys": ["1"], "reason": "没有这种"}),
        ("suspend", {"keys": [], "reason": "没有对象"}),
        ("suspend", {"keys": [str(key) for key in range(201)], "reason": "太多"}),
    ):
        assert post(desk, f"/batches/{verb}", headers, **body).status_code == 422, verb
