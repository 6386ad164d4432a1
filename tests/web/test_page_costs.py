"""What a page may cost: how many statements it sends, and that what is folded is drawn only when it is opened."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from service.programmes.compiled import read_decisions
from service.store.cases import Case
from service.store.deployments import DeploymentFile
from service.store.session import db
from service.store.submissions import Submission
from tests.support.databases import statements
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]


@pytest.fixture
def declared(site: Flask, browse: Browse) -> Browser:
    """A submitted case of `lead` with a second submission of its form, about something else."""
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    with site.app_context():
        db.session.get_one(Case, 1).submitted_at = AT
        first = db.session.query(Submission).one()
        data = {**first.data, "project_name": "另一项"}
        kept = {"form": first.form, "form_digest": first.form_digest, "submitted_by": first.submitted_by}
        db.session.add(Submission(case_id=1, item={"about": "2"}, data=data, submitted_at=AT, **kept))
        db.session.commit()
    return lead


def test_a_page_sends_few_statements(site: Flask, declared: Browser, browse: Browse) -> None:
    assert declared
    office = browse("office")
    most = {
        "/preferences": 3, "/home": 12, "/tasks": 10, "/cases": 7,
        "/dashboard": 8, "/cases/1": 25, "/cases/1/materials": 12, "/cases/1/decisions": 9,
    }  # fmt: skip
    assert {path: office.get(path).status_code for path in most} == dict.fromkeys(most, 200)  # read once by a process
    told = {}
    for path in most:
        with statements(site) as sent:
            office.get(path)
        told[path] = len(sent.texts)
    assert {path: sent for path, sent in told.items() if sent > most[path]} == {}


def test_what_is_folded_is_drawn_when_it_is_opened(declared: Browser, browse: Browse) -> None:
    page = declared.get("/cases/1/materials").text
    assert "另一项" not in page
    assert 'href="/cases/1/materials/2"' in page, "without scripts it is a page of its own"
    assert "看材料" in page
    assert "另一项" in declared.get("/cases/1/materials/2").text
    unfolded = declared.get("/cases/1/materials/2", headers={"HX-Request": "true"}).text
    assert "另一项" in unfolded
    assert "<html" not in unfolded
    assert declared.get("/cases/1/materials/3").status_code == 404
    assert browse("stranger").get("/cases/1/materials/2").status_code == 404


def test_what_is_printed_is_drawn_whole(declared: Browser, browse: Browse) -> None:
    assert 'href="/cases/1/materials/print"' in declared.get("/cases/1/materials").text
    page = declared.get("/cases/1/materials/print").text
    assert "另一项" in page
    assert '<details class="paper' not in page, "a folded form would stay off the paper"
    assert "data-print" in page
    assert browse("stranger").get("/cases/1/materials/print").status_code == 404


def test_a_decision_is_asked_again_without_reading_its_file_again(site: Flask, declared: Browser) -> None:
    assert declared
    with site.app_context():
        file = db.session.query(DeploymentFile).filter(DeploymentFile.path.endswith(".dmn")).first()
        assert file is not None
        assert read_decisions(bytes(file.content), file.path) is read_decisions(bytes(file.content), file.path)
