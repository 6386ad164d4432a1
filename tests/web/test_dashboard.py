"""The dashboard: whose figures, what is counted, and the same figures as Excel."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from openpyxl import load_workbook

from service.domain.identity import SYSTEM
from service.store import calendars
from service.store.cases import Case
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, UserTask
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]


@pytest.fixture
def declared(site: Flask, browse: Browse) -> Browser:
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        db.session.query(Case).one().submitted_at = AT  # the sample has no receipt, by which a case is submitted
        db.session.commit()
    return lead


def test_who_handles_cases_sees_where_they_stand(declared: Browser, browse: Browse) -> None:
    page = browse("office").get("/dashboard").text
    assert "各环节用时和时限" in page
    assert "没有逾期" in page
    assert "1 件" in page


def test_an_overdue_task_is_named_with_whose_it_is(site: Flask, declared: Browser, browse: Browse) -> None:
    with site.app_context():
        task = db.session.query(UserTask).one()
        task.status, task.due_at = OPEN, AT - timedelta(days=30)
        title, key = db.session.get_one(Case, task.case_id).title, db.session.get_one(Case, task.case_id).programme
        db.session.commit()
    clerk = browse("office")
    page = clerk.get("/dashboard").text
    assert "逾期 1 项，谁的" in page
    assert title in page
    book = load_workbook(io.BytesIO(clerk.get(f"/exports/late-tasks.xlsx?programme={key}").data)).worksheets[0]
    assert [cell.value for cell in book["A"]][1:] == [title]
    assert int(book["E2"].value) > 15
    assert not re.search(r"[a-z]", str(book["C2"].value))  # whose it is, under the role's name


def test_a_count_leads_to_its_cases(declared: Browser, browse: Browse) -> None:
    clerk = browse("office")
    (count,) = set(re.findall(r'href="(/cases\?[^"]*standing=[^"]*)"', clerk.get("/dashboard").text))
    assert "示例企业0" in clerk.get(unescape(count)).text
    assert "没有符合条件的申报件" in clerk.get("/cases?standing=revoked").text


def test_who_only_runs_the_service_begins_at_its_desks(site: Flask, browse: Browse) -> None:
    page = browse("admin").get("/home").text
    assert "系统运行正常" in page
    assert "放假安排没有导入" not in page
    with site.app_context():
        transact(_forget, AT.year, actor=SYSTEM, now=AT)
    assert f"{AT.year} 年放假安排没有导入" in browse("admin").get("/home").text
    assert "打开待办" not in page
    assert "打开待办" in browse("office").get("/home").text


@pytest.mark.parametrize("name", ["lead", "designer"])
def test_who_handles_no_case_is_told_so(name: str, browse: Browse) -> None:
    assert browse(name).get("/dashboard").status_code == 403


def test_another_programmes_figures_do_not_exist(declared: Browser, browse: Browse) -> None:
    clerk = browse("office")
    assert clerk.get("/dashboard?programme=none").status_code == 404
    book = load_workbook(io.BytesIO(clerk.get("/exports/standings.xlsx?programme=none").data)).worksheets[0]
    assert book.max_row == 1


def test_a_department_of_another_place_counts_nothing(declared: Browser, browse: Browse) -> None:
    assert "还没有案件" in browse("elsewhere").get("/dashboard").text


def _forget(work: UnitOfWork, year: int) -> None:
    calendars.replace_year(work.session, calendars.CHINA, year, ())
