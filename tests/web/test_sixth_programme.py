"""A sixth programme needs no Python: begun from another, packed, uploaded, and driven to its end over HTTP."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from service.cli import main
from service.store.cases import Case
from service.store.session import db
from service.store.user_tasks import OPEN, UserTask
from tests.web.conftest import GOOD, PROGRAMME, SAMPLE, Browser

Browse = Callable[..., Browser]
KEY = "sample-sixth"


def test_a_programme_begun_from_another_is_uploaded_and_comes_to_its_end(
    site: Flask, browse: Browse, clock: Callable[[datetime], None], tmp_path: Path
) -> None:
    models, package = shutil.copytree(SAMPLE, tmp_path / "models"), tmp_path / "sixth.zip"
    for command in (
        ["programme", "new", KEY, "--like", PROGRAMME, "--name", "第六个示例专项"],
        ["programme", "check", KEY],
        ["simulate", KEY],
        ["programme", "pack", KEY, str(package)],
    ):
        ended = CliRunner().invoke(main, [*command, "--models", str(models)])
        assert ended.exit_code == 0, ended.output
        _put_in_force(models)
    designer = browse("designer")
    for act, status in (("check", 200), ("publish", 303)):
        sent = {"package": (io.BytesIO(package.read_bytes()), "sixth.zip"), "act": act}
        answer = designer.post("/workshop", sent, content_type="multipart/form-data")
        assert answer.status_code == status, answer.text
    assert "第六个示例专项" in designer.get(f"/workshop/{KEY}").text
    given = {
        "title": "第一批",
        "call_key": "2025-1",
        "year": "2025",
        "opens_on": "2025-04-01",
        "date-submission": "2025-04-15",
    }
    assert browse("admin").post(f"/operations/calls/{KEY}/new", given).status_code == 303
    lead = browse("lead")
    assert lead.post(f"/cases/start/{KEY}/two-dates").status_code == 303
    _submit(site, lead, GOOD)
    with site.app_context():  # the sample gives no receipt, and before it a declaration is its unit's alone
        db.session.execute(update(Case).values(submitted_at=Case.started_at))
        db.session.commit()
    clock(datetime(2025, 4, 24, 7, 0, tzinfo=UTC))
    office = browse("office")
    assert office.post("/cases/1/events", {"name": "training-held", "on": "2025-04-24"}).status_code == 303
    page = office.get("/cases/1").text
    assert "2025-05-12" in page or "5月12日" in page  # ten working days, Labour Day and a make-up Sunday counted
    _submit(site, office, {"copies": "2", "way": "in_person"})
    with site.app_context():
        assert db.session.scalars(select(Case.outcome)).all() == ["accepted"]


def test_what_stands_is_never_written_over(tmp_path: Path) -> None:
    models = shutil.copytree(SAMPLE, tmp_path / "models")
    for key, code in ((KEY, 0), (KEY, 1), ("No Key", 1)):
        ended = CliRunner().invoke(
            main, ["programme", "new", key, "--like", PROGRAMME, "--models", str(models)], catch_exceptions=False
        )
        assert ended.exit_code == code, ended.output
    unknown = CliRunner().invoke(main, ["programme", "new", "x", "--like", "nowhere", "--models", str(models)])
    assert unknown.exit_code == 1
    assert f"没有这个专项；现有：{KEY}、{PROGRAMME}" in unknown.output


def test_a_copy_is_made_where_the_designer_works_and_the_service_keeps_its_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed, desk = shutil.copytree(SAMPLE, tmp_path / "installed"), tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    monkeypatch.setenv("SHENBAO_MODELS_DIR", str(installed))
    before = sorted(installed.rglob("*"))
    made = CliRunner().invoke(main, ["programme", "new", KEY, "--like", PROGRAMME], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    assert sorted(installed.rglob("*")) == before
    assert f"shenbao programme pack {KEY} {KEY}.zip --models {desk}" in made.output
    checked = CliRunner().invoke(main, ["programme", "check", KEY, "--models", str(desk)])
    assert checked.exit_code == 0, checked.output


def _put_in_force(models: Path) -> None:
    """What a designer decides: the copy is no draft any more."""
    manifest = models / "bpmn" / KEY / "programme.toml"
    manifest.write_text(manifest.read_text("utf-8").replace('status = "draft"', 'status = "in-force"'), "utf-8")


def _submit(site: Flask, browser: Browser, data: dict[str, str]) -> None:
    """Fill in the one open task of the case."""
    with site.app_context():
        task = db.session.scalars(select(UserTask.id).where(UserTask.status == OPEN)).one()
    answer = browser.post(f"/tasks/{task}", {**browser.form(f"/tasks/{task}"), **data, "_submit": "1"})
    assert answer.status_code == 303, answer.text
