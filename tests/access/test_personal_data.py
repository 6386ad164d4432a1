"""Personal data are masked for who has no task of the case, and shown for a reason that stands in the audit trail."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from service.domain.personal import CLASSES, masked, replaced
from service.simulator.cast import PASSWORD
from service.store.attachments import Attachment
from service.store.audit import AuditEntry
from tests.support.page_form import PDF, token_on
from tests.support.personal import FILES, IDENTITY, MOBILE, NOW, SCAN, Declared, declared


@pytest.fixture
def case(sqlite_url: str, tmp_path: Path) -> Iterator[Declared]:
    with declared(sqlite_url, tmp_path, files=(*FILES, SCAN)) as found:
        found.office.app.config["CLOCK"] = lambda: NOW
        yield found


def _browser(case: Declared, login: str) -> FlaskClient:
    client = case.office.app.test_client()
    sent = {"csrf_token": token_on(client.get("/sign-in").text), "login": login, "password": PASSWORD}
    assert client.post("/sign-in", data=sent).status_code == 303
    return client


def test_an_auditor_reads_them_masked_and_for_a_reason_whole(case: Declared) -> None:
    case.auditor()
    auditor, path = _browser(case, "auditor"), f"/cases/{case.case_id}/materials"
    page = auditor.get(path).text
    assert MOBILE not in page
    assert IDENTITY not in page
    assert "139****0012" in page
    assert "智能底盘" in page
    shown = auditor.post(f"{path}/reveal", data={"csrf_token": token_on(page), "reason": "核对投诉所说的联系人"})
    assert MOBILE in shown.text
    assert IDENTITY in shown.text
    assert MOBILE not in auditor.get(path).text
    assert "原因已经记入操作记录" in shown.text
    noted = case.office.rows(select(AuditEntry).where(AuditEntry.action == "personal-data-revealed"))
    assert [(one.actor_name, one.case_id, one.details) for one in noted] == [
        ("示例·审计", case.case_id, {"reason": "核对投诉所说的联系人"})
    ]


def test_without_a_reason_nothing_is_shown_or_noted(case: Declared) -> None:
    case.auditor()
    auditor, path = _browser(case, "auditor"), f"/cases/{case.case_id}/materials"
    answer = auditor.post(f"{path}/reveal", data={"csrf_token": token_on(auditor.get(path).text), "reason": " "})
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text, "told beside its field, on the page it came from"
    assert MOBILE not in answer.text
    assert case.office.count(AuditEntry, AuditEntry.action == "personal-data-revealed") == 0


def test_a_file_with_personal_data_is_opened_for_a_reason_and_left_out_of_the_dossier(case: Declared) -> None:
    case.auditor()
    codes = {row.name: row.code for row in case.office.rows(select(Attachment))}
    auditor, path = _browser(case, "auditor"), f"/attachments/{codes['身份证.pdf']}"
    asked = auditor.get(path)
    assert (asked.status_code, asked.mimetype) == (200, "text/html")
    assert auditor.get(f"{path}/view").status_code == 403
    given = {"csrf_token": token_on(asked.text)}
    assert auditor.post(path, data={**given, "reason": " "}).status_code == 422
    assert case.office.count(AuditEntry, AuditEntry.action == "personal-data-revealed") == 0
    shown = auditor.post(path, data={**given, "reason": "核对投诉所说的身份"})
    assert (shown.status_code, shown.data) == (200, PDF)
    (noted,) = case.office.rows(select(AuditEntry).where(AuditEntry.action == "personal-data-revealed"))
    assert noted.details == {"reason": "核对投诉所说的身份", "file": codes["身份证.pdf"]}
    assert auditor.get(f"/attachments/{codes['证明.pdf']}").data == PDF
    names = _dossier(auditor, case)
    assert any(name.endswith("证明.pdf") for name in names)
    assert any(name.endswith("没有导出的附件.txt") for name in names)
    assert not any("身份证" in name for name in names)
    lead = _browser(case, "lead")
    assert lead.get(path).data == PDF
    assert any("身份证" in name for name in _dossier(lead, case))


def _dossier(browser: FlaskClient, case: Declared) -> list[str]:
    content = browser.get(f"/cases/{case.case_id}/dossier.zip").data
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_who_declared_reads_them_whole(case: Declared) -> None:
    page = _browser(case, "lead").get(f"/cases/{case.case_id}/materials").text
    assert MOBILE in page
    assert "个人信息已遮盖" not in page


def test_what_is_masked_tells_little() -> None:
    assert masked("张三") == "张*"
    assert masked("王") == "***"
    assert masked("220102199001011234") == "220***********1234"
    assert masked("a@example.invalid") == "a***@example.invalid"
    assert masked(True) is True


def test_rows_and_groups_are_masked_inside() -> None:
    data = {"lead": {"contact": "李建国", "name": "单位"}, "members": [{"contact": "赵敏"}, {"contact": None}]}
    kinds = {"lead.contact": "personal", "members[].contact": "sensitive", "lead.name": "public"}
    assert replaced(data, kinds, CLASSES, masked) == (
        {"lead": {"contact": "李**", "name": "单位"}, "members": [{"contact": "赵*"}, {"contact": None}]},
        2,
    )
