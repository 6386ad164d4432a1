"""A backup made while people work is restored whole into an empty database of either kind, or not at all."""

from __future__ import annotations

import io
import json
import resource
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from service import cli
from service.commands import attachments, backup, calls, user_tasks
from service.commands.backup import ArchiveRefused
from service.domain.identity import SYSTEM
from service.queries import audit
from service.store import archive
from service.store.cases import Case
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, UserTask
from service.store.users import UserSession, actor_of
from tests.support import databases
from tests.support.office import Office, open_office, whole

NOW = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)
PROGRAMME = "sample-two-dates"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def office(database: str, tmp_path: Path) -> Iterator[Office]:
    """A published programme with a running case, a kept file and somebody signed in; on each kind of database."""
    with whole(database, tmp_path / "from") as app:
        office = _opened(app)
        lead = office.person("lead")
        file = attachments.examine("证明.pdf", io.BytesIO(PDF))
        office.act(attachments.keep, office.open_task("submit").id, "evidence", file, by=lead)
        office.act(_sign_in, lead.user_id)
        office.tick()
        yield office


@pytest.fixture
def made(office: Office, tmp_path: Path) -> Path:
    """Its backup."""
    target = tmp_path / "backup.zip"
    report = backup.back_up(target, NOW)
    assert report.whole
    assert report.files == 1
    return target


def test_everything_comes_back_and_goes_on(office: Office, made: Path, run_folder: Path, tmp_path: Path) -> None:
    before = _rows()
    with _empty(run_folder, tmp_path):
        report = transact(backup.restore, made, actor=SYSTEM, now=NOW)
        assert {name: rows for name, rows in _rows().items() if name != "audit_entries"} == {
            name: rows for name, rows in before.items() if name != "audit_entries"
        }
        assert audit.verify(db.session()).holds
        assert audit.verify(db.session()).head == report.head
        assert backup.damaged_files(db.session()) == ()
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
        _goes_on()
    del office


@pytest.mark.postgres
def test_a_backup_of_either_kind_is_restored_on_postgresql(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    with whole(sqlite_url, tmp_path / "from") as app:
        _opened(app)
        backup.back_up(tmp_path / "backup.zip", NOW)
        before = _rows()
    with whole(postgres_url, tmp_path / "to"):
        transact(backup.restore, tmp_path / "backup.zip", actor=SYSTEM, now=NOW)
        after = _rows()
        assert after["cases"] == before["cases"]
        assert after["grants"] == before["grants"]
        _goes_on()


def test_only_its_owner_reads_it_and_nobody_signed_in_is_in_it(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with zipfile.ZipFile(made) as zipped:
        assert not [name for name in zipped.namelist() if "session" in name or "throttle" in name]


def test_a_filled_database_is_refused(made: Path) -> None:
    before = _rows()
    with pytest.raises(ArchiveRefused, match="not empty"):
        transact(backup.restore, made, actor=SYSTEM, now=NOW)
    assert _rows() == before


def _without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.__delitem__(name)


def _changed(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts[name] = parts[name].replace(b"two-dates", b"two-datez", 1)

    return change


def _foreign(parts: dict[str, bytes]) -> None:
    parts["../../etc/passwd"] = b"x"


def _manifest(**over: Any) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), **over}).encode()

    return change


def _broken_manifest(parts: dict[str, bytes]) -> None:
    parts["manifest.json"] = b"[]"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_without("tables/cases.jsonl"), "not those of its manifest"),
        (_changed("tables/cases.jsonl"), "was changed"),
        (_foreign, "not those of its manifest"),
        (_without("manifest.json"), "no backup"),
        (_broken_manifest, "no backup"),
        (_manifest(schema="older"), "of version"),
        (_manifest(audit={"head": "f" * 64, "holds": True, "sealed": 1}), "not the one backed up"),
    ],
    ids=["part missing", "part changed", "part too many", "no manifest", "another file", "other version", "chain"],
)
def test_a_damaged_archive_is_refused_and_changes_nothing(
    damage: Callable[[dict[str, bytes]], None], told: str, made: Path, run_folder: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(made) as zipped:
        parts = {name: zipped.read(name) for name in zipped.namelist()}
    damage(parts)
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    with _empty(run_folder, tmp_path):
        with pytest.raises(ArchiveRefused, match=told):
            transact(backup.restore, broken, actor=SYSTEM, now=NOW)
        assert archive.filled_tables(db.session()) == []


def test_a_cut_off_archive_is_refused(made: Path, run_folder: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(made.read_bytes()[:-200])
    with _empty(run_folder, tmp_path), pytest.raises(ArchiveRefused, match="cannot be opened"):
        transact(backup.restore, cut, actor=SYSTEM, now=NOW)


def test_a_file_that_is_gone_is_told(office: Office, tmp_path: Path) -> None:
    for path in (tmp_path / "from" / "files").glob("??/*"):
        path.write_bytes(b"changed")
    assert len(backup.damaged_files(db.session())) == 1
    report = backup.back_up(tmp_path / "backup.zip", NOW)
    assert (report.whole, report.files, len(report.missing)) == (False, 0, 1)
    del office


def test_a_backup_that_fails_leaves_nothing_behind(office: Office, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # bytes of a file: as on a full disk
    try:
        with pytest.raises(OSError, match="too large"):
            backup.back_up(tmp_path / "backup.zip", NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.glob("backup*"))
    del office


def _opened(app: Flask) -> Office:
    office = open_office(app, PROGRAMME, NOW)
    call = {"key": "2025", "year": 2025, "title": "2025 年第一批", "opens_on": date(2025, 3, 1)}
    office.act(calls.open_call, PROGRAMME, dates={"submission": date(2025, 4, 15)}, **call)
    office.start("two-dates")
    return office


def _goes_on() -> None:
    """New rows get new keys, and the case is where it was."""
    task = db.session.scalars(select(UserTask).where(UserTask.status == OPEN).order_by(UserTask.id)).first()
    assert task is not None
    case = db.session.get_one(Case, task.case_id)
    actor = actor_of(db.session(), case.started_by or 0, NOW.date())
    assert actor is not None
    transact(user_tasks.claim, task.id, actor=actor, now=NOW)
    assert audit.verify(db.session()).unsealed >= 1


def _rows() -> dict[str, list[dict[str, Any]]]:
    db.session.rollback()
    found = {
        table.name: [dict(row) for row in db.session.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in archive.tables()
    }
    db.session.rollback()
    return found


def _sign_in(work: UnitOfWork, user_id: int) -> None:
    times = {"created_at": NOW, "seen_at": NOW, "expires_at": NOW}
    work.session.add(UserSession(token_hash="x", user_id=user_id, csrf="x", client="", **times))


class _empty(ExitStack):  # noqa: N801 # used as a function
    """The whole application on an empty SQLite database of its own."""

    def __init__(self, run_folder: Path, tmp_path: Path) -> None:
        super().__init__()
        folder = tmp_path / "to"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        url = databases.copy_sqlite(databases.migrated_sqlite(run_folder), folder / "empty.sqlite3")
        self._whole = whole(url, folder)

    def __enter__(self) -> Flask:  # type: ignore[override] # the application, not the stack
        return self.enter_context(self._whole)


def test_the_operators_commands_say_what_they_did(
    database: str, tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`backup`, `restore` and `verify` as an operator types them, with their exit codes."""
    with whole(database, tmp_path / "from") as app:
        _opened(app)
    empty = databases.copy_sqlite(databases.migrated_sqlite(run_folder), tmp_path / "empty.sqlite3")
    monkeypatch.setenv("SHENBAO_SECRET_KEY", "a secret that only the tests know, long enough")
    monkeypatch.setenv("SHENBAO_DATA_DIR", str(tmp_path / "from" / "files"))

    def run(url: str, *words: str) -> tuple[int, str]:
        monkeypatch.setenv("SHENBAO_DATABASE_URL", url)
        found = CliRunner().invoke(cli.main, words)
        return found.exit_code, found.output if found.exception is None else f"{found.output}{found.exception}"

    target = str(tmp_path / "backup.zip")
    code, told = run(database, "backup", target)
    assert code == 0
    assert "sha256" in told
    assert "not overwritten" in run(database, "backup", target)[1]
    assert "not empty" in run(database, "restore", target)[1]
    (tmp_path / "from" / "files" / "ab").mkdir(parents=True)
    (tmp_path / "from" / "files" / "ab" / ("ab" * 32)).write_bytes(b"another service's")
    assert "holds files" in run(empty, "restore", target)[1]
    monkeypatch.setenv("SHENBAO_DATA_DIR", str(tmp_path / "to"))
    assert run(empty, "restore", target)[0] == 0
    code, told = run(empty, "verify")
    assert (code, "intact" in told) == (0, True)
