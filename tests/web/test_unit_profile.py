"""A unit's administrator changes how it is reached at once; another name waits for its department."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask

from service.commands import people
from service.domain.identity import SYSTEM
from service.store.audit import AuditEntry
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.registrations import Registration
from service.store.relations import Relation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.factories import make_expert
from tests.support.page_form import PDF, shown
from tests.web.conftest import AT, PASSWORD, Browser

Browse = Callable[[str], Browser]
CONTACT = {
    "address": "示例市示例路 8 号", "contact_name": "赵敏", "contact_mobile": "13900000012",
    "contact_email": "unit@example.invalid",
}  # fmt: skip
RENAMED = {"name": "示例新名称有限公司", "legal_representative": "李建国"}


@pytest.fixture
def unit(site: Flask) -> Flask:
    """The first unit has an administrator and an address, its department a clerk."""
    with site.app_context():
        for login, organisation, role in (
            ("keeper", "unit-0", "unit-administrator"),
            ("clerk", "county-0", "local-clerk"),
            ("clerk-1", "county-1", "local-clerk"),
        ):
            given = {"login": login, "name": login, "organisation": organisation, "roles": [role], "password": PASSWORD}
            transact(people.add_user, **given, actor=SYSTEM, now=AT)
    return site


def stored(site: Flask) -> Organisation:
    with site.app_context():
        found: Organisation = db.session.query(Organisation).filter_by(code="unit-0").one()
        db.session.expunge(found)
        return found


def ask(browser: Browser, **more: object) -> int:
    sent = {**RENAMED, "licence": (io.BytesIO(PDF), "执照.pdf"), **more}
    return browser.post("/unit/profile/name", sent, content_type="multipart/form-data").status_code


def test_how_the_unit_is_reached_is_changed_at_once_and_noted_without_the_values(unit: Flask, browse: Browse) -> None:
    keeper = browse("keeper")
    assert keeper.get("/unit/profile").status_code == 200
    wrong = keeper.post("/unit/profile", {**CONTACT, "contact_mobile": "12", "address": ""})
    assert wrong.status_code == 422
    assert "赵敏" in wrong.text
    assert "有 2 处需要改" in wrong.text
    assert stored(unit).contact == {}
    assert keeper.post("/unit/profile", {**CONTACT, "name": "偷改的名称", "credit_code": "X"}).status_code == 303
    found = stored(unit)
    assert (found.contact["email"], found.name) == ("unit@example.invalid", "示例企业0有限公司")
    with unit.app_context():
        entry = db.session.query(AuditEntry).filter_by(action="unit-contact-changed").one()
        assert entry.details["changed"] == ["address", "email", "mobile", "name"]
        assert "13900000012" not in str(entry.details)


def test_another_name_waits_for_the_own_department_and_old_ties_hold(unit: Flask, browse: Browse) -> None:
    keeper = browse("keeper")
    keeper.post("/unit/profile", CONTACT)
    assert ask(keeper, name=stored(unit).name, legal_representative="") == 422
    assert ask(keeper, credit_code="91220101MA00000000") == 422
    assert keeper.post("/unit/profile/name", RENAMED).status_code == 422, "no licence"
    with unit.app_context():
        transact(_tie, actor=SYSTEM, now=AT)
    assert ask(keeper) == 303
    assert ask(keeper) == 422, "one at a time"
    assert stored(unit).name == "示例企业0有限公司"
    with unit.app_context():
        key = db.session.query(Registration.id).scalar()
    assert browse("clerk-1").get(f"/registrations/{key}").status_code == 404
    clerk = browse("clerk")
    assert "现登记名称：示例企业0有限公司" in shown(clerk.get(f"/registrations/{key}").text)
    assert clerk.post(f"/registrations/{key}", {"state": "approved"}).status_code == 303
    found = stored(unit)
    assert (found.name, found.contact["legal_representative"]) == ("示例新名称有限公司", "李建国")
    with unit.app_context():
        code = found.credit_code
        assert db.session.query(Relation.unit).scalar() == code
        assert db.session.query(Expert.avoid).scalar() == ["示例企业0有限公司", code]
        assert db.session.query(Registration.user_id).scalar() is None, "no account is opened"
        asked = [row.payload["occasion"] for row in db.session.query(OutboxEntry).filter_by(kind="registration")]
        assert asked == ["received", "approved"]


def test_only_the_units_administrator_changes_it(unit: Flask, browse: Browse) -> None:
    for login in ("lead", "office", "stranger"):
        browser = browse(login)
        assert browser.get("/unit/profile").status_code == 403
        assert browser.post("/unit/profile", CONTACT).status_code == 403
        assert ask(browser) == 403
    assert stored(unit).contact == {}


def _tie(work: UnitOfWork) -> None:
    name = "示例企业0有限公司"
    expert = make_expert(work.session, employer="示例大学", avoid=[name])
    user = people.add_user(work, login="tied", name="tied", organisation=None, password=PASSWORD)
    expert.user_id = user
    work.session.add(Relation(user_id=user, unit=name, kind="relation", declared_at=AT))
