"""Lists as Excel: the page's own rows and access, texts that stay texts, and a trace of who took them out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from werkzeug.test import TestResponse

from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.register import RegisterEntry
from service.store.session import db
from service.web import exports
from tests.web.conftest import GOOD, Browser

Browse = Callable[..., Browser]


def sheet_of(answer: TestResponse) -> Worksheet:
    assert answer.status_code == 200, answer.text
    sheet: Worksheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    return sheet


def column(sheet: Worksheet, title: str) -> list[object]:
    titles = [cell.value for cell in sheet[1]]
    return [row[titles.index(title)].value for row in sheet.iter_rows(min_row=2)]


def test_a_list_is_exported_as_its_page_shows_it_and_the_trail_says_so(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    assert column(sheet_of(lead.get("/exports/cases.xlsx")), "申报单位") == ["示例企业0有限公司"]
    assert column(sheet_of(lead.get("/exports/cases.xlsx?state=ended")), "申报单位") == []
    assert column(sheet_of(browse("stranger").get("/exports/cases.xlsx")), "申报单位") == []
    with site.app_context():
        noted = db.session.query(AuditEntry).filter_by(action="list-exported").order_by(AuditEntry.id).first()
    assert noted.actor_name == "示例·lead"
    assert (noted.object_id, noted.details["rows"]) == ("cases", 1)


def test_what_begins_like_a_formula_stays_a_text(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    lead.start()
    with site.app_context():
        db.session.query(Case).one().title = '=HYPERLINK("http://example.invalid","点我")'
        db.session.commit()
    sheet = sheet_of(lead.get("/exports/cases.xlsx"))
    cell = sheet["B2"]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://example.invalid","点我")')


def test_each_list_is_for_whom_its_page_is(browse: Browse) -> None:
    lead, admin = browse("lead"), browse("admin")
    for name, one in exports.LISTS.items():
        assert lead.get(f"/exports/{name}.xlsx").status_code == (403 if one.roles else 200), name
    for name in ("accounts", "organisations", "calls", "incidents"):
        assert sheet_of(admin.get(f"/exports/{name}.xlsx")).max_column >= 4


def test_a_list_nobody_knows_and_a_wrong_filter_are_refused(browse: Browse) -> None:
    lead = browse("lead")
    assert lead.get("/exports/secrets.xlsx").status_code == 404
    assert lead.get("/exports/cases.xlsx?statee=running").status_code == 422


def test_a_list_that_is_too_long_is_refused_with_what_to_do(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = browse("lead")
    lead.start()
    lead.start()
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    answer = lead.get("/exports/cases.xlsx")
    assert answer.status_code == 422
    assert "缩小范围" in answer.text


def test_a_list_of_many_pages_is_whole(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = browse("lead")
    for _ in range(5):
        lead.start()
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    numbers = column(sheet_of(lead.get("/exports/cases.xlsx")), "申报件编号")
    assert len(numbers) == len(set(numbers)) == 5


def test_the_public_register_is_had_as_excel_and_csv_without_an_account(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    with site.app_context():
        case = db.session.query(Case).one()
        made = {"programme": case.programme, "name": "+长春市示例中心", "case_id": case.id, "state": "operating"}
        db.session.add(RegisterEntry(number="示例-0001", entered_on=date(2025, 4, 1), **made))
        db.session.commit()
    visitor = browse()
    assert column(sheet_of(visitor.get("/register.xlsx?q=示例")), "编号") == ["示例-0001"]
    answer = visitor.get("/register.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1][:2] == ["示例-0001", "'+长春市示例中心"], "a formula for a spreadsheet is a text"
