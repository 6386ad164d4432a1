"""A file with a virus signature is refused wherever somebody without an account can send one, and nothing is kept."""

from __future__ import annotations

import io
import socketserver
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from service.commands.ports import NAME
from service.delivery.scanning import ClamAv
from service.domain.credit_code import complete
from service.store.attachments import Attachment
from service.store.notices import Notice, NoticeItem, Objection
from service.store.registrations import Registration
from service.store.session import db
from tests.support.clamd import EICAR, daemon
from tests.support.page_form import PDF
from tests.web.conftest import AT, GOOD, Browser

NUMBER = "长科公示〔2025〕1号"
OBJECTION = {
    "kind": "person", "name": "真实姓名", "contact": "13900000012",
    "facts": "公示名单中的一家成员单位已经注销，不具备法人资格。",
}  # fmt: skip
UNIT = {
    "name": "示例新申报单位", "credit_code": complete("91220100DEMX00990"), "kind": "enterprise",
    "competent": "county-0", "legal_representative": "示例法人",
    "address": "示例市示例区示例路 1 号", "contact_name": "示例联系人",
    "contact_mobile": "13800000000", "contact_email": "unit@example.invalid",
}  # fmt: skip


@pytest.fixture
def visitor(site: Flask, browse: Callable[..., Browser]) -> Iterator[Browser]:
    """Somebody without an account, while a notice runs and a scanner looks at every file."""
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        db.session.add(
            Notice(number=NUMBER, case_id=1, title="公示", body="现予公示。", from_on=date(2025, 4, 1),
                   to_on=date(2025, 4, 8), published_at=AT, state="published")
        )  # fmt: skip
        db.session.flush()
        db.session.add(NoticeItem(notice_id=1, case_id=1, position=1))
        db.session.commit()
    with daemon(socketserver.ThreadingTCPServer, ("127.0.0.1", 0)) as (host, port):
        site.extensions[NAME] = replace(site.extensions[NAME], scanner=ClamAv(f"{host}:{port}"))
        yield browse()


def _pdf(extra: bytes = b"") -> tuple[io.BytesIO, str]:
    return io.BytesIO(PDF + extra), "证明.pdf"


def _count(site: Flask, table: type) -> int:
    with site.app_context():
        return int(db.session.query(table).count())


def test_evidence_with_a_virus_is_refused_and_what_was_written_stays(site: Flask, visitor: Browser) -> None:
    answer = visitor.post(f"/notices/{NUMBER}/object", {**OBJECTION, "files": _pdf(EICAR)})
    assert answer.status_code == 422
    assert "查出病毒" in answer.text
    assert OBJECTION["facts"] in answer.text
    assert (_count(site, Objection), _count(site, Attachment)) == (0, 0)
    assert visitor.post(f"/notices/{NUMBER}/object", {**OBJECTION, "files": _pdf()}).status_code == 201


def test_a_licence_with_a_virus_is_refused_and_what_was_written_stays(site: Flask, visitor: Browser) -> None:
    answer = visitor.post("/units/new", {**UNIT, "licence": _pdf(EICAR)})
    assert answer.status_code == 422
    assert "查出病毒" in answer.text
    assert UNIT["name"] in answer.text
    assert _count(site, Registration) == 0
    assert visitor.post("/units/new", {**UNIT, "licence": _pdf()}).status_code == 201


def test_a_file_that_the_scanner_did_not_answer_for_waits_until_it_does(
    site: Flask, browse: Callable[..., Browser]
) -> None:
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        sha256 = site.extensions[NAME].blobs.put(PDF)
        given = {"name": "证明.pdf", "media_type": "application/pdf", "size": len(PDF), "sha256": sha256}
        sent = {"case_id": 1, "task_id": task, "field": "proof", "uploaded_by": 1, "uploaded_at": AT}
        db.session.add(Attachment(code="att-1", scan="unavailable", **given, **sent))
        db.session.commit()
    site.extensions[NAME] = replace(site.extensions[NAME], scanner=ClamAv("127.0.0.1:9", timeout_seconds=1))
    answer = lead.get("/attachments/att-1")
    assert answer.status_code == 503
    assert "还没有查毒" in answer.text
    with daemon(socketserver.ThreadingTCPServer, ("127.0.0.1", 0)) as (host, port):
        site.extensions[NAME] = replace(site.extensions[NAME], scanner=ClamAv(f"{host}:{port}"))
        assert lead.get("/attachments/att-1").data == PDF
