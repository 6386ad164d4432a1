"""`shenbao calendar import` lists which open deadlines move, from when to when, and imports only when told to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import main
from service.domain.written import written
from service.store.audit import AuditEntry
from service.store.deadlines import Deadline
from service.store.session import db
from tests.support.office import Office, sqlite_office


def run(office: Office, folder: Path, *more: str, content: str) -> tuple[int, str]:
    """The command on the office's database: how it ended and what it said."""
    file = folder / "2025.toml"
    file.write_text(content, encoding="utf-8")
    url = office.app.config["SQLALCHEMY_DATABASE_URI"]
    environment = {
        "SHENBAO_DEVELOPMENT": "1", "SHENBAO_DATABASE_URL": str(url), "SHENBAO_DATA_DIR": str(folder / "files"),
    }  # fmt: skip
    db.session.remove()
    done = CliRunner().invoke(main, ["calendar", "import", str(file), *more], env=environment)
    return done.exit_code, done.output


@pytest.fixture
def today(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample review begun just now: the command looks at the clock on the wall."""
    with sqlite_office(run_folder, tmp_path, "sample-review", datetime.now(UTC), models="review") as office:
        office.start("review")
        yield office


def last_days(office: Office) -> list[date]:
    """The last days of what runs."""
    return [date.fromisoformat(row.reason["last_on"]) for row in office.rows(db.select(Deadline))]


def test_a_calendar_is_shown_before_it_is_applied(today: Office, tmp_path: Path) -> None:
    (last,) = last_days(today)
    holiday = f'year = {last.year}\nsource = "测试"\n[holidays]\n"示例假" = ["{last}"]\n'
    code, said = run(today, tmp_path, content=holiday)
    assert (code, f"审查：{written(last)} → " in said) == (0, True), said
    assert "尚未导入" in said
    assert "add --yes to import" in said
    assert last_days(today) == [last]
    assert today.count(AuditEntry, AuditEntry.action == "calendar-imported") == 0
    code, said = run(today, tmp_path, "--yes", content=holiday)
    assert (code, f"审查：{written(last)} → " in said, "已导入" in said) == (0, True, True), said
    assert last_days(today)[0] > last


@pytest.mark.parametrize("content", ["year = 2025", 'year = 2025\nsource = "x"\n[holidays]\na = ["x"]'])
def test_a_file_that_is_no_calendar_is_refused_in_a_sentence(today: Office, tmp_path: Path, content: str) -> None:
    code, said = run(today, tmp_path, content=content)
    assert code != 0
    assert "Traceback" not in said
