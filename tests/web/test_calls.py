"""Extending a call and looking before a calendar is applied; declaring a tie and ending an own session."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from service.commands import deployments
from service.domain.identity import SYSTEM
from service.programmes.folder import read_folder
from service.store.calendars import days_of
from service.store.calls import Call
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.messages import Message
from service.store.relations import Relation
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.user_tasks import UserTask
from tests.support.page_form import shown
from tests.web.conftest import AT, PROGRAMME, SAMPLE, Browser

Browse = Callable[[str], Browser]
YEAR = """
year = 2025
source = "示例"
[holidays]
"示例假" = ["2025-04-08/2025-04-09"]
"""


def test_a_call_is_extended_and_its_units_are_told(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    admin = browse("admin")
    path = f"/operations/calls/{_call(site).id}/extend"
    assert "2025 年第一批" in admin.get(path).text
    given = {"deadline": "submission", "until": "2025-04-22", "why": "系统停机两天"}
    assert admin.post(path, given).status_code == 303
    assert _call(site).dates["submission"] == "2025-04-22"
    with site.app_context():
        assert "延期" in db.session.scalars(select(Message.title)).one()
        task = db.session.scalars(select(UserTask)).one()
        assert task.due_reason is None or "2025-04-22" in str(task.due_reason)
        assert {row.due_at for row in db.session.scalars(select(Deadline))} <= {task.due_at}


def test_the_list_tells_each_call_s_phase_and_what_came_of_it(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    admin = browse("admin")
    assert "正在受理常年受理延期2025年第一批010" in "".join(shown(admin.get("/operations/calls").text).split())
    with site.app_context():
        call = db.session.scalars(select(Call)).one()
        call.closes_on, call.dates = date(2025, 3, 20), {"submission": "2025-03-20"}
        db.session.commit()
    assert "已截止，在办" in admin.get("/operations/calls").text
    assert admin.get(f"/operations/calls/{_call(site).id}/extend").status_code == 200
    with site.app_context():
        db.session.scalars(select(Case)).one().ended_at = AT
        db.session.commit()
    assert "已归档" in admin.get("/operations/calls").text
    assert admin.get(f"/operations/calls/{_call(site).id}/extend").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"until": "2025-04-01"}, "须晚于原来的"),
        ({"until": "x"}, "日期写成"),
        ({"why": "无"}, "请写明原因"),
        ({"deadline": ""}, "请选择要延期的日期"),
    ],
    ids=["earlier", "no date", "no reason", "none"],
)
def test_a_wrong_extension_keeps_what_was_entered(
    wrong: dict[str, str], told: str, site: Flask, browse: Browse
) -> None:
    given = {"deadline": "submission", "until": "2025-04-22", "why": "系统停机两天，顺延", **wrong}
    page = browse("admin").post(f"/operations/calls/{_call(site).id}/extend", given)
    assert (page.status_code, told in page.text) == (422, True)
    assert given["why"] in page.text
    assert _call(site).dates["submission"] == "2025-04-15"


def test_a_calendar_is_looked_at_before_it_is_applied(site: Flask, browse: Browse) -> None:
    admin, before = browse("admin"), _days(site)
    upload = {"calendar": (io.BytesIO(YEAR.encode()), "2025.toml")}
    page = admin.post("/operations/calendar", upload, content_type="multipart/form-data")
    assert "还没有导入" in page.text
    assert _days(site) == before
    assert "日历已导入" in admin.post("/operations/calendar/apply", {"content": YEAR}).text
    assert _days(site) == [date(2025, 4, 8), date(2025, 4, 9)]
    assert browse("office").post("/operations/calendar/apply", {"content": YEAR}).status_code == 403


def test_a_person_declares_a_tie_and_loses_sight_of_the_unit(site: Flask, browse: Browse) -> None:
    office = browse("office")
    given = {"unit": "示例企业0有限公司", "kind": "relation"}
    assert office.post("/account/relations", given).status_code == 303
    assert "示例企业0有限公司" in office.get("/account").text
    with site.app_context():
        assert db.session.scalars(select(Relation.unit)).one() == "示例企业0有限公司"
    with site.app_context():
        row = db.session.scalars(select(Relation)).one()
    assert office.post(f"/accounts/{row.user_id}/relations/{row.id}/end").status_code == 403
    assert browse("admin").post(f"/accounts/{row.user_id}/relations/{row.id}/end").status_code == 303
    assert "<b>示例企业0有限公司" not in office.get("/account").text
    for wrong in ({"unit": "x"}, {"kind": "friend"}, {"until": "2020-01-01"}):
        page = office.post("/account/relations", {**given, **wrong})
        assert (page.status_code, 'role="alert"' in page.text) == (422, True), wrong


def test_a_person_ends_a_session_of_the_own_account_only(browse: Browse) -> None:
    here, there, other = browse("office"), browse("office"), browse("lead")
    page = here.get("/account").text
    (there_id,) = re.findall(r"/account/sessions/(\d+)/end", page)  # the own device is marked: one signs out of it
    assert "这台设备" in page
    assert other.post(f"/account/sessions/{there_id}/end").status_code in {403, 404}
    assert here.post(f"/account/sessions/{there_id}/end").status_code == 303
    assert (here.get("/tasks").status_code, there.get("/tasks").status_code) == (200, 401)


def _call(site: Flask) -> Call:
    with site.app_context():
        return db.session.scalars(select(Call)).one()


def _days(site: Flask) -> list[date]:
    with site.app_context():
        return [day.on for day in days_of(db.session(), year=2025)]


def test_a_call_of_a_year_without_calendar_keeps_what_was_entered(site: Flask, browse: Browse) -> None:
    leaning = '\n[deadlines.desk-close]\nname = "收件截止"\nstarts = "call"\nafter = "submission"\nworking_days = 2\n'
    place = f"bpmn/{PROGRAMME}/programme.toml"
    with site.app_context():
        files = read_folder(SAMPLE, PROGRAMME)
        files[place] += leaning.encode()
        transact(deployments.publish, files, PROGRAMME, actor=SYSTEM, now=AT)
    admin, path = browse("admin"), f"/operations/calls/{PROGRAMME}/new"
    listed = shown(admin.get("/operations/calls").text)
    assert "2025 已公布" in listed, listed
    given = {"title": "第九批", "call_key": "2040-1", "year": "2040", "opens_on": "2040-03-01"}
    page = admin.post(path, {**given, "date-submission": "2040-04-15"})
    assert (page.status_code, 'value="第九批"' in page.text) == (422, True), "the form comes back as it was"
    assert "2040 年的工作日历尚未导入" in shown(page.text)
    assert 'id="date-submission-error"' in page.text
    given |= {"date-submission": "2040-04-15", "date-desk-close": "2040-04-17"}
    assert admin.post(path, given).status_code == 303, "what was given by hand needs no calendar"
