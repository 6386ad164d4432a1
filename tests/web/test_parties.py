"""A party to a case reads it as a party, whatever role it holds at some authority or in another case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from service.commands import people
from service.domain.identity import SYSTEM
from service.store.cases import Case
from service.store.experts import Expert
from service.store.panels import Panel, Seat
from service.store.session import db
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork, transact
from service.store.users import Grant, User
from tests.web.conftest import AT, GOOD, PASSWORD, Browser

Browse = Callable[..., Browser]


@pytest.fixture
def submitted(site: Flask, browse: Browse) -> Flask:
    """A submitted case of `lead`, reviewed by the office, and a panel of one."""
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        transact(_fill, actor=SYSTEM, now=AT)
    return site


def _fill(work: UnitOfWork) -> None:
    work.session.get_one(Case, 1).submitted_at = AT
    for login, organisation in (("both", "unit-0"), ("sits", "other-authority")):
        people.add_user(work, login=login, name=f"示例·{login}", organisation=organisation, roles=[], password=PASSWORD)
    office = db.session.query(User).filter_by(login="office").one()
    for login in ("both", "sits"):
        user = db.session.query(User).filter_by(login=login).one()
        work.session.add(Grant(user_id=user.id, role="office", organisation_id=office.organisation_id or 0))
    sits = db.session.query(User).filter_by(login="sits").one()
    expert = people.add_expert(
        work, authority="sample-authority", name="示例专家", employer="某大学", field="车辆", user_id=sits.id
    )
    assert work.session.get_one(Expert, expert).user_id == sits.id
    panel = Panel(case_id=1, seed="", pool_digest="", created_at=AT)
    work.session.add(panel)
    work.session.flush()
    work.session.add(Seat(panel_id=panel.id, position=1, expert_id=expert))
    work.session.add(
        Submission(
            case_id=1, form="sample-declaration", form_digest="", data={"project_name": "别人的评分"},
            item={"seat": 2}, submitted_by=office.id, submitted_at=AT,
        )
    )  # fmt: skip


@pytest.mark.parametrize(("login", "reads"), [("office", True), ("both", False), ("sits", False), ("lead", False)])
def test_who_is_party_to_a_case_reads_nothing_of_its_judges(
    submitted: Flask, browse: Browse, login: str, reads: bool
) -> None:
    person = browse(login)
    page = person.get("/cases/1/materials")
    assert page.status_code == 200
    assert "智能底盘" in page.text
    with submitted.app_context():
        others = Submission.data["project_name"].as_string() == "别人的评分"
        scores = db.session.scalars(select(Submission.id).where(others)).one()
    assert (f"/cases/1/materials/{scores}" in page.text) is reads
    opened = person.get(f"/cases/1/materials/{scores}")
    assert (opened.status_code == 200 and "别人的评分" in opened.text) is reads
    assert reads or opened.status_code == 404
