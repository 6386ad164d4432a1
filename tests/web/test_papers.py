"""What a case can be had as on paper: forms and letters as PDF and Word, and the whole as a dossier."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from service.delivery.dossier import MANIFEST, check
from service.domain.identity import Actor
from service.forms import FormView
from service.queries import case_page, dossier
from service.queries.materials import Material
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.members import Member
from service.store.papers import Paper
from service.store.session import db
from service.store.submissions import Submission
from service.store.users import User, actor_of
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


def test_an_answer_names_the_unit_that_gave_it(site: Flask, submitted: Browser, browse: Browse) -> None:
    """By a link nobody signs in, and the form that was answered says nothing of the unit itself."""
    assert submitted
    with site.app_context():
        member = Member(case_id=1, position=1, name="示例研究院", credit_code="MEMBER", data={})
        db.session.add(member)
        db.session.flush()
        first = db.session.query(Submission).one()
        kept = {"form": first.form, "form_digest": first.form_digest, "data": first.data}
        db.session.add(Submission(case_id=1, item={"member": member.id}, submitted_at=AT, **kept))
        db.session.get_one(Case, 1).submitted_at = AT
        db.session.commit()
    office = browse("office")
    assert "示例研究院" in office.get("/cases/1/materials").text
    with zipfile.ZipFile(io.BytesIO(office.get("/cases/1/materials/2.docx").data)) as archive:
        assert "示例研究院" in archive.read("word/document.xml").decode()


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


def test_a_declaration_that_was_corrected_has_another_code_and_the_older_print_is_told(
    site: Flask, submitted: Browser, browse: Browse
) -> None:
    with site.app_context():
        case = db.session.get_one(Case, 1)
        case.submitted_at, case.receipt_code = AT, "K7"
        db.session.add(_declared(AT))
        db.session.commit()
    visitor = browse("")
    assert "最新的一版" not in visitor.get("/verify?code=K7").text, "one version needs no number"
    assert visitor.get("/verify?code=K7-V2").status_code == 404
    with site.app_context():
        db.session.add(_declared(AT + timedelta(days=1)))
        db.session.commit()
        facts = case_page.facts(db.session(), _actor("lead"), 1)
        material = Material(
            1,
            "declaration",
            "填写申报材料",
            "",
            AT,
            lambda: FormView("declaration", "", "zh", True, [], [], {"nothing": "—"}, {}, ""),
            version=2,
        )
        letter = dossier.form_letter(facts, material, "https://example.invalid", "zh")
    assert (letter.code, letter.code_url) == ("K7-V2", "https://example.invalid/verify?code=K7-V2")
    assert "不是最新的" in visitor.get("/verify?code=K7").text
    assert "最新的一版" in visitor.get("/verify?code=k7-v2").text
    assert visitor.get("/verify?code=K7-V3").status_code == 404


def _declared(at: datetime) -> Submission:
    return Submission(case_id=1, form="declaration", form_digest="", data={}, item={}, submitted_at=at)


def _actor(login: str) -> Actor:
    found = actor_of(db.session(), db.session.query(User.id).filter_by(login=login).scalar(), AT.date())
    assert found is not None
    return found
