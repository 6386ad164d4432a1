"""`shenbao instance migrate`: the plan is shown first, and only `--yes` moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from service.cli import main
from service.domain.errors import InvalidInput
from service.store.instances import Instance
from service.store.session import db
from tests.versions.conftest import KEY, Published
from tests.versions.test_moving_cases import LONGER, MAPPING, RENAMED


@pytest.fixture
def environment(published: Published, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Published]:
    """The command opens the database by itself."""
    url = db.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("SHENBAO_DATABASE_URL", url)
    monkeypatch.setenv("SHENBAO_SECRET_KEY", "x" * 40)
    monkeypatch.setenv("SHENBAO_FILES_DIR", str(tmp_path / "files"))
    return published


def _run(*arguments: str) -> Result:
    db.session.remove()
    return CliRunner().invoke(main, ["instance", "migrate", KEY, *arguments])


def _versions(published: Published) -> list[int]:
    return published.office.rows(select(Instance.deployment_id).order_by(Instance.id))


def test_the_plan_is_shown_first(environment: Published) -> None:
    for _ in range(2):
        environment.office.start("p", "office")
    new = environment.publish(LONGER)
    shown = _run()
    assert (shown.exit_code, shown.stdout.count("可以迁移  SB")) == (0, 2), shown.output
    assert new not in _versions(environment)
    assert _run("--yes").exit_code == 0
    assert _versions(environment) == [new, new]
    assert "可以迁移 0" in _run().stdout


def test_a_mapping_file_moves_what_was_renamed(environment: Published, tmp_path: Path) -> None:
    environment.office.start("p", "office")
    new = environment.publish(RENAMED)
    shown = _run("--yes")
    assert shown.exit_code == 1
    assert "需要对应表" in shown.stdout
    assert "可能是 review" in shown.stdout
    assert new not in _versions(environment)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    assert _run("--mapping", str(mapping), "--yes").exit_code == 0
    assert _versions(environment) == [new]
    mapping.write_text("[p", encoding="utf-8")
    wrong = _run("--mapping", str(mapping))
    assert isinstance(wrong.exception, InvalidInput)  # told as a sentence by the console script
