"""What administrators set up and repair: calls, the calendar, dates, stopped steps."""

from __future__ import annotations

import io
from collections.abc import Callable

from flask import Flask

from service.store.calls import Call
from service.store.cases import Case, CaseEvent
from service.store.session import db
from tests.web.conftest import GOOD, PROGRAMME, Browser

Browse = Callable[..., Browser]

CALL = {"title": "2026 年第一批", "call_key": "2026-1", "year": "2026", "opens_on": "2026-01-05"}


def test_a_call_is_opened_with_the_dates_its_programme_asks_for(site: Flask, browse: Browse) -> None:
    admin = browse("admin")
    path = f"/operations/calls/{PROGRAMME}/new"
    assert "网上填报截止" in admin.get(path).text
    missing = admin.post(path, CALL)
    assert missing.status_code == 422
    assert "2026 年第一批" in missing.text
    assert admin.post(path, {**CALL, "date-submission": "2026-04-15"}).status_code == 303
    with site.app_context():
        call = db.session.query(Call).filter_by(key="2026-1").one()
        assert call.dates == {"submission": "2026-04-15"}
    assert browse("office").post(path, CALL).status_code == 403


def test_a_calendar_that_is_none_is_refused_in_words(browse: Browse) -> None:
    admin = browse("admin")
    wrong = {
        b"\xff\xfe": "须为 UTF-8 文本",
        b"not toml [": "文件格式不对",
        b"year = 2027": "文件里没有写“source =”这一行",
        b'year = 2027\nsource = "x"\nholidays = ["2027-01-01"]': "文件格式不对",
        b'year = 2027\nsource = "x"\n[holidays]\na = [1]': "文件格式不对",
        b'year = 2027\nsource = "x"\n[holidays]\na = ["0001-01-01/9999-12-31"]': "文件格式不对",
        b'year = 2027\nsource = "x"\n[holidays]\na = ["2026-01-01"]': "不属于 2027 年：2026年1月1日",
    }
    for content, told in wrong.items():
        answer = admin.post(
            "/operations/calendar", {"calendar": (io.BytesIO(content), "x.toml")}, content_type="multipart/form-data"
        )
        assert answer.status_code == 422
        assert told in answer.text
        assert "导入工作日历" in answer.text  # the page stays, the error is beside its field


def test_the_office_records_the_day_that_starts_a_period(site: Flask, browse: Browse) -> None:
    lead, office = browse("lead"), browse("office")
    task = lead.start()
    assert lead.post("/cases/1/events", {"name": "training-held", "on": "2025-04-20"}).status_code == 403
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        if db.session.get_one(Case, 1).submitted_at is None:
            db.session.get_one(Case, 1).submitted_at = db.session.get_one(Case, 1).started_at
            db.session.commit()
    assert "training-held" in office.get("/cases/1").text
    assert office.post("/cases/1/events", {"name": "no-such-event", "on": "2025-04-20"}).status_code == 403
    answer = office.post("/cases/1/events", {"name": "training-held", "on": "2025-04-20"})
    assert answer.status_code == 303
    with site.app_context():
        assert db.session.query(CaseEvent).filter_by(name="training-held").count() == 1
    assert "核收纸质材料" in office.get("/tasks?scope=groups").text


def test_operations_show_the_clock_and_refuse_to_retry_nothing(browse: Browse) -> None:
    admin = browse("admin")
    page = admin.get("/operations")
    assert page.status_code == 200
    assert "没有停住的步骤" in page.text
    assert admin.post("/operations/incidents/9/retry").status_code == 404
