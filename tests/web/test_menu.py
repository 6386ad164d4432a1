"""The menu shows a desk to whom it belongs, and the server admits nobody else to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from service.commands import people
from service.domain.identity import SYSTEM, group_at
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.factories import make_task
from tests.web.conftest import AT, PASSWORD, Browser

Browse = Callable[[str], Browser]
STAFF = {
    "clerk": ("county-0", "local-clerk"),
    "leader": ("sample-authority", "leader"),
    "witness": ("sample-authority", "draw-witness"),
    "secretary": ("sample-authority", "meeting-secretary"),
}


@pytest.fixture
def staff(site: Flask) -> Flask:
    """A clerk of a department, and at the authority those who lead, witness and record."""
    with site.app_context():
        for login, (organisation, role) in STAFF.items():
            given = {"login": login, "name": f"示例·{login}", "organisation": organisation, "roles": [role]}
            transact(people.add_user, **given, password=PASSWORD, actor=SYSTEM, now=AT)
    return site


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("login", "has_it"),
    [("clerk", True), ("office", True), ("leader", False), ("witness", False), ("elsewhere", False), ("admin", False)],
)
def test_registrations_are_shown_to_who_decides_them(browse: Browse, login: str, has_it: bool) -> None:
    browser = browse(login)
    assert ('href="/registrations"' in browser.get("/home").text) is has_it
    assert (browser.get("/registrations").status_code == 200) is has_it


def test_the_receipt_desk_is_shown_while_papers_are_expected(staff: Flask, browse: Browse) -> None:
    assert 'href="/paper"' not in browse("office").get("/home").text
    with staff.app_context():
        transact(_expect_papers, actor=SYSTEM, now=AT)
    assert 'href="/paper"' in browse("office").get("/home").text
    for login in ("clerk", "secretary", "elsewhere"):
        assert 'href="/paper"' not in browse(login).get("/home").text
    lead = browse("lead")
    assert lead.get("/paper").status_code == 403
    assert lead.post("/paper", {"code": "x"}).status_code == 403


def _expect_papers(work: UnitOfWork) -> None:
    place = db.session.query(Organisation.id).filter(Organisation.code == "sample-authority").scalar()
    make_task(work.session, groups=[group_at("office", place)], form="paper-receipt")
