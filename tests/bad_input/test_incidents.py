"""An automatic step that fails keeps what the person did, waits as an incident, and goes on when it can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from service.store.incidents import Incident
from service.store.members import Member
from service.store.session import db
from service.store.submissions import Submission
from service.store.user_tasks import UserTask
from tests.bad_input.conftest import Desk, open_ids, state_of
from tests.support.page_form import shown
from tests.support.stage import Person, Stage

CONFIRM = "确认参加"
STEP = "登记成员单位"


@pytest.fixture
def admin(stage: Stage) -> Person:
    return stage.person("admin")


@contextmanager
def full_disk(stage: Stage, table: str) -> Iterator[None]:
    """The database refuses every new row of a table, as it would on a full disk."""
    _run(stage, f"CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    yield
    _run(stage, "DROP TRIGGER refuse")


def _run(stage: Stage, statement: str) -> None:
    with stage.app.app_context():
        db.session.execute(text(statement))
        db.session.commit()


def _open(stage: Stage) -> list[tuple[int, str]]:
    return stage.rows(select(Incident.id, Incident.name).where(Incident.state == "open"))


def test_the_persons_act_is_kept_and_told(desk: Desk, admin: Person) -> None:
    with full_disk(desk.stage, "members"):
        answer = desk.submit(desk.good, desk.files)
    assert answer.status_code == 303
    assert "管理员已收到，您不用重办" in shown(desk.lead.get("/home"))
    assert len(desk.stage.rows(select(Submission.id))) == 1
    assert desk.stage.rows(select(UserTask.status).where(UserTask.id == desk.task)) == ["completed"]
    assert not desk.stage.rows(select(Member.id))
    assert [name for _, name in _open(desk.stage)] == [STEP]
    listed = shown(admin.get("/operations"))
    assert STEP in listed
    assert "现在重试" in listed
    assert "有一个自动步骤停住了" in shown(desk.lead.get("/cases/1"))


def test_an_administrator_tries_again_until_it_works(desk: Desk, admin: Person) -> None:
    with full_disk(desk.stage, "members"):
        desk.submit(desk.good, desk.files)
        ((incident, _),) = _open(desk.stage)
        before = state_of(desk.stage)
        assert admin.post(f"/operations/incidents/{incident}/retry").status_code == 303
        assert "仍然停在这一步" in shown(admin.get("/operations"))
        assert dict(state_of(desk.stage).counts) == dict(before.counts)
    assert admin.post(f"/operations/incidents/{incident}/retry").status_code == 303
    assert "流程继续了" in shown(admin.get("/operations"))
    assert not _open(desk.stage)
    assert len(desk.stage.rows(select(Member.id))) == 10
    assert len(open_ids(desk.stage, CONFIRM)) == 10
    again = admin.post(f"/operations/incidents/{incident}/retry")
    assert again.status_code == 409
    assert "已经处理完毕" in shown(again.text)
    assert len(open_ids(desk.stage, CONFIRM)) == 10


def test_the_clock_tries_again_by_itself(desk: Desk) -> None:
    with full_disk(desk.stage, "members"):
        desk.submit(desk.good, desk.files)
    desk.stage.tick()
    assert _open(desk.stage)
    desk.stage.now += timedelta(seconds=11)
    desk.stage.tick()
    assert not _open(desk.stage)
    assert len(open_ids(desk.stage, CONFIRM)) == 10


def test_after_three_tries_it_waits_for_a_person(desk: Desk, admin: Person) -> None:
    with full_disk(desk.stage, "members"):
        desk.submit(desk.good, desk.files)
        for _ in range(6):
            desk.stage.now += timedelta(minutes=5)
            desk.stage.tick()
        tries = desk.stage.rows(select(Incident.tries, Incident.next_try_at))
    assert tries == [(3, None)]
    desk.stage.now += timedelta(days=1)
    desk.stage.tick()
    ((incident, _),) = _open(desk.stage)
    page = admin.get("/operations")
    assert re.search(rf"/operations/incidents/{incident}/retry", page)
    admin.post(f"/operations/incidents/{incident}/retry")
    assert len(open_ids(desk.stage, CONFIRM)) == 10


def test_only_an_administrator_tries_again(desk: Desk) -> None:
    with full_disk(desk.stage, "members"):
        desk.submit(desk.good, desk.files)
    ((incident, _),) = _open(desk.stage)
    before = state_of(desk.stage)
    for login in ("lead", "office", "designer", "expert01"):
        assert desk.stage.person(login).post(f"/operations/incidents/{incident}/retry").status_code == 403
        assert desk.stage.person(login).client.get("/operations").status_code == 403
    assert state_of(desk.stage) == before


def test_a_restart_forgets_no_incident(desk: Desk) -> None:
    with full_disk(desk.stage, "members"):
        desk.submit(desk.good, desk.files)
    desk.stage.restart()
    desk.stage.now += timedelta(seconds=11)
    desk.stage.tick()
    assert len(open_ids(desk.stage, CONFIRM)) == 10


@pytest.mark.parametrize("table", ["submissions", "user_tasks", "audit_entries", "timers"])
def test_an_act_that_cannot_be_written_whole_is_not_written_at_all(desk: Desk, table: str) -> None:
    before = state_of(desk.stage)
    sent = desk.sent(desk.lead, desk.good)
    codes = desk.stage.rows(select(UserTask.id))
    with full_disk(desk.stage, table):
        response = desk.lead.client.post(f"/tasks/{desk.task}", data=dict(sent))
    assert response.status_code in (422, 500, 503)
    assert "disk is full" not in response.text
    assert state_of(desk.stage) == before
    assert desk.stage.rows(select(UserTask.id)) == codes
