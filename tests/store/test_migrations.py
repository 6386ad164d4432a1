"""The migrations make exactly the tables of the models, on both databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from service.store import migrations
from service.store.case_texts import is_derived
from service.store.session import db
from tests.support import databases, postgres

VERSIONS = sorted((migrations.DIRECTORY / "versions").glob("*.py"))


def _is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Whether a migration makes it: what a database keeps itself for the search is none of the models."""
    return not is_derived(kind, name)


def test_the_migrated_tables_are_those_of_the_models(store: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_ours})
        assert compare_metadata(context, db.metadata) == []


def test_migrating_again_changes_nothing(store: Flask) -> None:
    before = inspect(db.engine).get_table_names()
    migrations.upgrade(store)
    assert inspect(db.engine).get_table_names() == before


def test_a_migration_is_numbered_and_named_like_its_file() -> None:
    script = ScriptDirectory(str(migrations.DIRECTORY))
    revisions = list(script.walk_revisions())[::-1]
    assert [revision.revision for revision in revisions] == [path.stem for path in VERSIONS]
    assert [path.name[:4] for path in VERSIONS] == [f"{n:04d}" for n in range(1, len(VERSIONS) + 1)]


def test_an_interrupted_migration_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = databases.application(f"sqlite:///{tmp_path / 'half.sqlite3'}")
    with app.app_context():
        with db.engine.execution_options(write=True).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE users (id INTEGER)")  # the migration will fall over this
        with pytest.raises(Exception, match="users"):
            migrations.upgrade(app)
        assert inspect(db.engine).get_table_names() == ["users"]
    databases.dispose(app)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_race_of_two_nodes_that_migrate_one_database(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Both find the database empty; without the lock one of them falls over the other's tables."""
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    if kind == "postgres":
        server: postgres.Server = request.getfixturevalue("postgres_server")
        name = f"new_{request.getfixturevalue('worker_id')}"
        server.drop(name)
        url = server.create(name)
    program = (
        "import sys; from service.store import migrations; from tests.support import databases; "
        "migrations.upgrade(databases.application(sys.argv[1]))"
    )
    nodes = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for node in nodes:
        _, said = node.communicate(timeout=60)
        assert node.returncode == 0, said[-2000:]
    app = databases.application(url)
    with app.app_context():
        assert "user_tasks" in inspect(db.engine).get_table_names()
    databases.dispose(app)
    if kind == "postgres":
        server.drop(name)
