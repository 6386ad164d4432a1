"""Why the rules of a case came out as they did: for staff, rule by rule, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from service.domain.identity import SYSTEM
from service.queries.explained import explained
from service.store import audit
from service.store.cases import Case
from service.store.deployments import DeploymentFile
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.dmn.models import decision, literal, table, xml
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]
PATH = "/cases/1/decisions"


@pytest.fixture
def submitted(site: Flask, browse: Browse) -> Flask:
    """A submitted case of `lead`, whose rules were asked."""
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        transact(_shown_to_staff, actor=SYSTEM, now=AT)
    return site


def _shown_to_staff(work: UnitOfWork) -> None:
    work.session.get_one(Case, 1).submitted_at = AT


def test_staff_read_each_rule_with_its_article_and_a_link_leads_there(submitted: Flask, browse: Browse) -> None:
    assert submitted
    office = browse("office")
    page = office.get(PATH).text
    assert "规则核对的理由" in page
    assert "命中" in page
    assert f'href="{PATH}"' in office.get("/cases/1").text


def test_an_applicant_and_a_stranger_are_told_that_there_is_nothing(submitted: Flask, browse: Browse) -> None:
    assert submitted
    assert browse("lead").get(PATH).status_code == 404
    assert browse("office").get("/cases/99/decisions").status_code == 404


def recorded(work: UnitOfWork, content: bytes, decision_id: str, read: dict[str, Any], value: Any) -> None:
    """A decision in the trail, made by a file of some deployment."""
    file = work.session.query(DeploymentFile).filter(DeploymentFile.path.endswith(".dmn")).first()
    assert file is not None
    digest = f"digest of {decision_id}"
    if content:
        path = f"dmn/{decision_id}.dmn"
        work.session.add(DeploymentFile(deployment_id=file.deployment_id, path=path, content=content, digest=digest))
    details = {"element": "decide", "value": value, "read": read, "digest": digest}
    audit.record(
        work.session, SYSTEM, "decision-taken", at=AT, object_type=audit.DECISION, object_id=decision_id, case_id=1,
        details=details,
    )  # fmt: skip


def told(*, confidential: bool = True) -> dict[str, Any]:
    deployment_id = db.session.get_one(Case, 1).deployment_id
    return {one.decision: one for one in explained(db.session(), 1, deployment_id, confidential=confidential)}


def test_a_decision_is_asked_again_of_the_version_it_was_made_by(submitted: Flask) -> None:
    rules = ['< 10 | "no" # 第六条', '>= 10 | "yes" # 第六条']
    content = xml(decision("verdict", table(["成员单位数: case.members"], ["r"], rules)))
    with submitted.app_context():
        transact(recorded, content, "verdict", {"case": {"members": 9}}, "no", actor=SYSTEM, now=AT)
        transact(recorded, b"", "verdict", {"case": {"members": 12}}, "yes", actor=SYSTEM, now=AT)
        one = told()["verdict"]
        assert (one.value, one.agrees, one.brief("zh")) == ("yes", True, "yes")
        assert one.tree["tables"][0]["rules"][1]["zh"] == "成员单位数 12 不低于 10"
        transact(recorded, b"", "verdict", {"case": {"members": 12}}, "no", actor=SYSTEM, now=AT)
        assert told()["verdict"].agrees is False


def test_codes_are_told_by_the_names_that_designers_gave_them(submitted: Flask, browse: Browse) -> None:
    rules = ['"in_person" | "at_hand" # 第六条', '"courier" | "under_way" # 第六条']
    described = "<description>一个结论代码：at_hand 已经收到；under_way 在路上。</description>"
    drawn = decision("verdict", table(["送达方式: case.way"], ["r"], rules))
    content = xml(drawn.replace("<variable", f"{described}<variable", 1))
    with submitted.app_context():
        transact(recorded, content, "verdict", {"case": {"way": "courier"}}, "under_way", actor=SYSTEM, now=AT)
        one = told()["verdict"]
        assert (one.brief("zh"), one.brief("en")) == ("在路上", "under_way")
    page = browse("office").get(PATH).text
    assert "送达方式 快递 不是 当面送交" in page  # as the form calls what it offers
    assert "in_person" not in page


def test_what_tells_of_experts_is_for_those_who_may_know(submitted: Flask) -> None:
    content = xml(decision("panel_findings", literal("count(case.panel.seats)")))
    with submitted.app_context():
        transact(recorded, content, "panel_findings", {"case": {"panel": {"seats": []}}}, 0, actor=SYSTEM, now=AT)
        assert "panel_findings" in told()
        assert "panel_findings" not in told(confidential=False)


def test_what_cannot_be_asked_again_says_so(submitted: Flask, browse: Browse) -> None:
    content = xml(decision("late", literal('deadline("x") = null')))
    with submitted.app_context():
        transact(recorded, content, "late", {}, True, actor=SYSTEM, now=AT)
        transact(recorded, b"", "lost", {}, 1, actor=SYSTEM, now=AT)
        assert told()["late"].why_not[0].startswith("它问过期限或候选组")
        assert told()["lost"].why_not[1] == "the file it was made by is not there"
    page = browse("office").get(PATH).text
    assert "找不到当时的决策文件" in page


def test_a_case_without_decisions_says_so(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    with site.app_context():
        transact(_shown_to_staff, actor=SYSTEM, now=AT)
    assert "这一件还没有做过规则核对" in browse("office").get(PATH).text
