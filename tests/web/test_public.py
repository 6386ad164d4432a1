"""What everybody may see: notices, objections, the register, verification, and refusals that keep quiet."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from service.domain import errors
from service.store.audit import AuditEntry
from service.store.notices import Notice, NoticeItem, Objection
from service.store.papers import Paper
from service.store.register import RegisterEntry
from service.store.session import db
from service.web.errors import STATUS, status_of
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]

HONEST = {
    "kind": "person",
    "name": "真实姓名",
    "contact": "13900000012",
    "facts": "公示名单中的一家成员单位已经注销，不具备法人资格。",
}


@pytest.fixture
def notice(site: Flask, browse: Browse) -> str:
    """A running notice of one submitted case, with its entry and its paper."""
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        db.session.add(
            Notice(
                number="长科公示〔2025〕1号",
                case_id=1,
                title="拟备案名单的公示",
                body="现予公示。<script>alert(1)</script>",
                from_on=date(2025, 4, 1),
                to_on=date(2025, 4, 8),
                published_at=AT,
                state="published",
            )
        )
        db.session.flush()
        db.session.add(NoticeItem(notice_id=1, case_id=1, position=1))
        db.session.add(
            RegisterEntry(number="长科联备〔2025〕1号", programme="sample-two-dates", name="长春市智能底盘创新联合体",
                          credit_code=None, case_id=1, state="operating", entered_on=date(2025, 4, 1), data={})
        )  # fmt: skip
        db.session.add(
            Paper(case_id=1, letter="sample-receipt", number=None, code="7K2M-40QF", title="备案通知", body="正文",
                  issued_at=AT, issued_by=None, pdf_sha256=None)
        )  # fmt: skip
        db.session.commit()
    return "长科公示〔2025〕1号"


@pytest.mark.parametrize(
    "path", ["/", "/calls", "/notices", "/register", "/verify", "/preferences", "/sign-in", "/health"]
)
def test_public_pages_need_no_account(browse: Browse, path: str) -> None:
    assert browse().get(path).status_code == 200


def test_a_notice_is_shown_without_running_what_it_says(browse: Browse, notice: str) -> None:
    page = browse().get(f"/notices/{notice}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "提出异议" in page.text
    assert browse().get("/notices/无此编号").status_code == 404


def test_who_objects_while_signed_in_stands_nowhere_in_the_history(site: Flask, browse: Browse, notice: str) -> None:
    assert browse("stranger").post(f"/notices/{notice}/object", HONEST).status_code == 201
    assert browse("office").get("/cases/1").text.count("示例·stranger") == 0
    assert "示例企业1" not in browse("lead").get("/cases/1").text
    with site.app_context():
        entries = db.session.query(AuditEntry).filter(AuditEntry.action.in_(("objection-lodged", "message-published")))
        assert {(entry.actor_id, entry.actor_name) for entry in entries} == {(None, "公众")}


def test_an_objection_by_real_name_gets_a_code_and_stays_secret(site: Flask, browse: Browse, notice: str) -> None:
    visitor = browse()
    wrong = visitor.post(f"/notices/{notice}/object", {**HONEST, "contact": ""})
    assert wrong.status_code == 422
    assert "真实姓名" in wrong.text
    answer = visitor.post(f"/notices/{notice}/object", HONEST)
    assert answer.status_code in (201, 409), answer.text  # the sample's process does not wait for objections
    if answer.status_code == 201:
        with site.app_context():
            objection = db.session.query(Objection).one()
        assert objection.code in answer.text
    assert "13900000012" not in browse("lead").get("/cases/1").text


def test_an_objection_comes_with_documents_and_pictures_only(browse: Browse, notice: str) -> None:
    visitor = browse()
    assert "个人请附签名页，单位请附盖章的异议书" in visitor.get(f"/notices/{notice}/object").text
    answer = visitor.post(f"/notices/{notice}/object", {**HONEST, "files": (io.BytesIO(b"PK\x05\x06"), "证据.zip")})
    assert answer.status_code == 422
    assert "只接受 jpg、pdf、png 文件" in answer.text
    assert HONEST["facts"] in answer.text


def test_after_its_period_a_notice_takes_no_objection(site: Flask, browse: Browse, notice: str) -> None:
    with site.app_context():
        db.session.query(Notice).update({"to_on": date(2025, 3, 31)})
        db.session.commit()
    visitor = browse()
    assert "公示期已结束" in visitor.get(f"/notices/{notice}").text
    assert visitor.post(f"/notices/{notice}/object", HONEST).status_code == 422


def test_the_register_is_searched_and_keeps_the_revoked(site: Flask, browse: Browse, notice: str) -> None:
    del notice
    visitor = browse()
    assert "长春市智能底盘创新联合体" in visitor.get("/register?q=智能底盘").text
    assert "没有找到" in visitor.get("/register?q=100%25").text
    with site.app_context():
        db.session.query(RegisterEntry).update({"state": "revoked"})
        db.session.commit()
    entry = visitor.get("/register/长科联备〔2025〕1号")
    assert "已取消称号" in entry.text


def test_a_paper_is_proved_by_its_code_alone(browse: Browse, notice: str) -> None:
    del notice
    visitor = browse()
    assert "真实，由本系统发出" in visitor.get("/verify?code=7k2m-40qf").text
    assert visitor.get("/verify?code=0000-0000").status_code == 404


def test_english_is_chosen_once_and_kept(browse: Browse) -> None:
    visitor = browse()
    assert 'lang="zh-CN"' in visitor.get("/").text
    visitor.post("/preferences", {"language": "en", "size": "large", "back": "https://evil.example/x"})
    page = visitor.get("/").text
    assert '<html lang="en" data-size="large">' in page
    assert "Open calls" in page
    assert visitor.get("/nowhere").text.count("Nothing was found here")


def test_a_program_gets_problem_details(browse: Browse) -> None:
    answer = browse().get("/nowhere", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == 404
    assert body["reference"].startswith("404-")


def test_every_refusal_has_a_status() -> None:
    kinds, waiting = [], [errors.Refusal]
    while waiting:
        kind = waiting.pop()
        kinds.append(kind)
        waiting.extend(kind.__subclasses__())
    for kind in kinds:
        assert any(ancestor in STATUS for ancestor in kind.__mro__)
    assert status_of(errors.TaskAlreadyCompleted(who="甲", when="今天")) == 409
    assert status_of(errors.DeadlinePassed(due="今天")) == 422


def test_our_own_mistake_shows_a_reference_and_nothing_of_its_inside(site: Flask, browse: Browse) -> None:
    site.testing = False
    site.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        raise RuntimeError("the inside of the house")

    view = site.view_functions["front.front"]
    broken.access = view.access  # type: ignore[attr-defined]
    site.view_functions["front.front"] = broken
    answer = browse().get("/")
    assert answer.status_code == 500
    assert "the inside of the house" not in answer.text
    assert "Traceback" not in answer.text
    assert "500-" in answer.text


def test_a_body_too_large_is_refused_in_words(site: Flask, browse: Browse) -> None:
    site.config["MAX_CONTENT_LENGTH"] = 1000
    visitor = browse()
    answer = visitor.client.post("/sign-in", data={"login": "x" * 5000})
    assert answer.status_code == 413
    assert "文件太大" in answer.text
