"""Many rows of the inbox at once, and two officers at one case."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from service.commands import saved_filters
from service.store.session import db
from service.store.user_tasks import UserTask
from tests.web.conftest import Browser

Browse = Callable[..., Browser]


def ticked(page: str) -> list[str]:
    return re.findall(r'name="task" value="(\d+)"', page)


def test_ticked_tasks_are_claimed_with_a_result_for_each(site: Flask, browse: Browse) -> None:
    lead, colleague = browse("lead"), browse("colleague")
    tasks = [lead.start() for _ in range(3)]
    assert ticked(lead.get("/tasks?scope=groups").text) == [str(task) for task in tasks]
    colleague.post(f"/tasks/{tasks[1]}/claim")
    answer = lead.post("/tasks/batch", {"verb": "claim", "task": [str(task) for task in tasks]})
    assert "共 3 项，办成 2 项" in answer.text
    assert "任务已由示例·colleague于" in answer.text
    with site.app_context():
        held = [db.session.get_one(UserTask, task).assignee_id for task in tasks]
    assert held[0] == held[2] != held[1]


def test_a_transfer_of_many_asks_to_whom_and_why_and_loses_nothing(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    tasks = [str(lead.start()) for _ in range(2)]
    page = lead.post("/tasks/batch", {"verb": "transfer", "task": tasks}).text
    person = re.search(r'<option value="(\d+)">示例·colleague', page)
    assert ticked(page) == tasks
    assert person
    sent = {"verb": "transfer", "task": tasks, "go": "1", "person": person.group(1)}
    without = lead.post("/tasks/batch", sent)
    assert without.status_code == 422
    assert ticked(without.text) == tasks
    assert f'value="{person.group(1)}" selected' in without.text
    done = lead.post("/tasks/batch", {**sent, "reason": "出差一周"})
    assert "共 2 项，办成 2 项" in done.text
    with site.app_context():
        assert {db.session.get_one(UserTask, int(task)).assignee_id for task in tasks} == {int(person.group(1))}


def test_staff_urge_the_ticked_steps_of_their_cases(site: Flask, browse: Browse) -> None:
    task = browse("lead").start()
    with site.app_context():
        db.session.execute(db.text("UPDATE cases SET submitted_at = started_at"))
        db.session.commit()
    office = browse("office")
    assert ticked(office.get("/cases").text) == [str(task)]
    asked = office.post("/tasks/batch", {"verb": "urge", "task": [str(task)]})
    assert ticked(asked.text) == [str(task)]
    sent = {"verb": "urge", "task": [str(task)], "go": "1", "reason": "请尽快提交"}
    assert "共 1 项，办成 1 项" in office.post("/tasks/batch", sent).text
    assert "共 1 项，办成 0 项" in office.post("/tasks/batch", sent).text, "once a day"


def test_each_date_says_how_many_tasks_it_leaves(browse: Browse) -> None:
    lead = browse("lead")
    for _ in range(2):
        lead.start()
    counted = dict(re.findall(r">(已逾期|今天到期|3 天内) (\d+)", lead.get("/tasks?scope=groups").text))
    assert counted == {"已逾期": "0", "今天到期": "0", "3 天内": "0"}


def test_what_is_ticked_is_checked_by_the_server(browse: Browse) -> None:
    lead = browse("lead")
    task = str(lead.start())
    assert lead.post("/tasks/batch", {"verb": "claim"}).status_code == 422
    assert lead.post("/tasks/batch", {"verb": "claim", "task": ["x"]}).status_code == 422
    assert lead.post("/tasks/batch", {"verb": "claim", "task": ["1"] * 201}).status_code == 422
    assert lead.post("/tasks/batch", {"verb": "complete", "task": [task]}).status_code == 404
    assert browse("stranger").post("/tasks/batch", {"verb": "claim", "task": [task]}).status_code == 404


def test_a_page_position_nobody_gave_out_is_refused(browse: Browse) -> None:
    lead = browse("lead")
    assert lead.get("/tasks/asked?after=x").status_code == 422
    assert lead.get("/tasks/asked?copies_after=1").status_code == 200


def test_filters_are_kept_under_a_name_for_their_person_alone(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = browse("lead")
    lead.start()
    saved = lead.post("/tasks/views", {"scope": "groups", "due": "soon", "name": " 三天内  要办 "})
    assert saved.headers["Location"] == "/tasks?scope=groups&due=soon"
    page = lead.get("/tasks").text
    assert 'href="/tasks?scope=groups&amp;due=soon"' in page
    assert "三天内 要办" in page
    assert "三天内 要办" not in browse("colleague").get("/tasks").text
    assert lead.post("/tasks/views", {"due": "soon", "name": ""}).status_code == 422
    assert lead.post("/tasks/views", {"due": "soon", "name": "长" * 21}).status_code == 422
    assert lead.post("/tasks/views", {"due": "some day", "name": "甲"}).status_code == 422
    monkeypatch.setattr(saved_filters, "MOST", 1)
    full = lead.post("/tasks/views", {"due": "over", "name": "第二个"})
    assert full.status_code == 422
    assert "请先删去一个" in full.text
    assert lead.post("/tasks/views", {"due": "over", "name": "三天内 要办"}).status_code == 303, (
        "the same name is renewed"
    )
    number = re.search(r"/tasks/views/(\d+)/forget", lead.get("/tasks").text)
    assert number
    assert browse("colleague").post(f"/tasks/views/{number.group(1)}/forget").status_code == 404
    assert lead.post(f"/tasks/views/{number.group(1)}/forget").status_code == 303
    assert "三天内 要办" not in lead.get("/tasks").text
