"""What a case can be had as on paper: forms and letters as PDF and Word, and the whole as a dossier."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask

from service.delivery.dossier import MANIFEST, check
from service.queries import dossier
from service.store.audit import AuditEntry
from service.store.papers import Paper
from service.store.session import db
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]


@pytest.fixture
def submitted(site: Flask, browse: Browse) -> Browser:
    """The lead unit, whose declaration is submitted as case 1, with a letter to it."""
    lead = browse("lead")
    task = lead.start()
    assert lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"}).status_code == 303
    with site.app_context():
        db.session.add(
            Paper(
                case_id=1, letter="sample-receipt", code="K7", title="回执", body="已收到。", issued_at=AT, number="1号"
            )
        )
        db.session.commit()
    return lead


def test_papers_and_forms_are_had_as_pdf_and_word(submitted: Browser, browse: Browse) -> None:
    for path in ("/cases/1/papers/1", "/cases/1/materials/1"):
        assert submitted.get(f"{path}.pdf").data.startswith(b"%PDF-")
        assert zipfile.ZipFile(io.BytesIO(submitted.get(f"{path}.docx").data)).testzip() is None
        assert submitted.get(f"{path}.odt").status_code == 404
        assert browse("stranger").get(f"{path}.pdf").status_code == 404
    with zipfile.ZipFile(io.BytesIO(submitted.get("/cases/1/materials/1.docx").data)) as archive:
        assert "智能底盘" in archive.read("word/document.xml").decode()


def test_a_draft_is_printed_as_a_draft_and_for_its_writer_alone(browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), "project_name": "半成品", "_draft": "1"})
    with zipfile.ZipFile(io.BytesIO(lead.get(f"/tasks/{task}/draft.docx").data)) as archive:
        assert "半成品" in archive.read("word/document.xml").decode()
        assert "草稿" in archive.read("word/header1.xml").decode()
    with zipfile.ZipFile(io.BytesIO(browse("colleague").get(f"/tasks/{task}/draft.docx").data)) as archive:
        assert "半成品" not in archive.read("word/document.xml").decode()
    assert browse("stranger").get(f"/tasks/{task}/draft.pdf").status_code == 404


def test_the_dossier_holds_what_the_reader_may_see_and_the_trail_says_who_took_it(
    site: Flask, submitted: Browser, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = submitted.get("/cases/1/dossier.zip")
    content = io.BytesIO(answer.data)
    assert check(content) == []
    with zipfile.ZipFile(content) as archive:
        paths = [one["path"] for one in json.loads(archive.read(MANIFEST))["files"]]
    assert {path.partition("/")[0] for path in paths} == {"1 表单", "2 文书", "4 办理记录"}
    with site.app_context():
        entry = db.session.query(AuditEntry).filter_by(action="dossier-exported").one()
    assert (entry.case_id, entry.actor_name, entry.details["files"]) == (1, "示例·lead", len(paths))
    assert browse("stranger").get("/cases/1/dossier.zip").status_code == 404
    monkeypatch.setattr(dossier, "MOST_FILES", 1)
    answer = submitted.get("/cases/1/dossier.zip")
    assert answer.status_code == 422
    assert "不能一次导出" in answer.text
