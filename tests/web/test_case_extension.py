"""The period of one case is extended on a page of its own: by the authority's staff, with a reason, while it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from service.domain.deadlines import end_of, local_date
from service.store.cases import Case
from service.store.messages import Message
from service.store.session import db
from service.store.timers import Timer
from service.store.user_tasks import UserTask
from tests.support.page_form import shown
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[[str], Browser]
PAGE = "/cases/1/extend"
LATER = {"deadline": "paper-delivery", "until": "2025-04-30", "why": "路上大雪，材料不能按时送到"}


@pytest.fixture
def office(site: Flask, browse: Browse) -> Browser:
    """The authority, which waits for the papers of a declaration until 16 April."""
    lead, office = browse("lead"), browse("office")
    task = lead.start()
    assert lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD}).status_code == 303
    with site.app_context():
        db.session.get_one(Case, 1).submitted_at = AT
        db.session.commit()
    page = shown(office.get("/cases/1").text)
    assert "培训（起算：纸质材料送交）" in page, "what happened is said in words"
    assert office.post("/cases/1/events", {"name": "training-held", "on": "2025-04-01"}).status_code == 303
    return office


def due(site: Flask) -> datetime:
    """When the papers are due."""
    with site.app_context():
        found = db.session.scalar(select(UserTask.due_at).where(UserTask.deadline == "paper-delivery"))
        assert found is not None
        return found


def test_what_waits_follows_and_the_unit_is_told(site: Flask, office: Browser) -> None:
    assert PAGE in office.get("/cases/1").text
    offered = office.get(PAGE).text
    assert "纸质材料送交" in offered
    assert "网上填报截止" not in offered, "nothing waits for it any more"
    assert office.post(PAGE, LATER).status_code == 303
    assert due(site) == end_of(local_date(due(site)), "17:30")
    assert local_date(due(site)).isoformat() == LATER["until"]
    with site.app_context():
        timers = set(db.session.scalars(select(Timer.due_at).where(Timer.deadline == "paper-delivery")))
        assert due(site) in timers
        titles = list(db.session.scalars(select(Message.title)))
    assert "“纸质材料送交”延期至 2025年4月30日" in titles
    assert "路上大雪" in office.get("/cases/1").text


WRONG = (
    ({"until": "2025-04-02"}, "须晚于原来的日期"),
    ({"until": "soon"}, "日期写成"),
    ({"why": "雪"}, "4 到 500 字"),
    ({"deadline": ""}, "请选择要延期的期限"),
    ({"deadline": "no-such-period"}, "现在没有在计算"),
)


def test_what_is_wrong_is_told_and_nothing_moves(site: Flask, office: Browser) -> None:
    before = due(site)
    for wrong, told in WRONG:
        answer = office.post(PAGE, {**LATER, **wrong})
        assert answer.status_code == 422, wrong
        assert told in shown(answer.text)
        assert "“until”" not in shown(answer.text), "a field is called as the page calls it"
        assert {**LATER, **wrong}["why"] in answer.text
    assert due(site) == before


def test_what_is_over_is_not_revived(site: Flask, office: Browser, clock: Callable[[datetime], None]) -> None:
    over = due(site)
    clock(over)
    office.sign_in("office")
    assert "没有可以延期的期限" in office.get(PAGE).text
    assert office.post(PAGE, LATER).status_code == 422
    assert due(site) == over


def test_only_the_authority_extends(site: Flask, office: Browser, browse: Browse) -> None:
    before = due(site)
    for login, status in (("lead", 403), ("elsewhere", 404), ("stranger", 404), ("admin", 404)):
        browser = browse(login)
        assert (browser.get(PAGE).status_code, browser.post(PAGE, LATER).status_code) == (status, status)
        assert PAGE not in browser.get("/cases/1").text
    assert due(site) == before
    assert PAGE in office.get("/cases/1").text
