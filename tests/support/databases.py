"""Databases for tests: migrated once a run, copied for each test on SQLite, emptied after each on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from flask import Flask
from psycopg import sql

from service.store import migrations
from service.store.session import attach, db
from tests.support import postgres

TEMPLATE = "template_shenbao"

# Checks of references and of the audit trail are off while the tables are emptied; only tables with rows cost anything.
EMPTY = sql.SQL("""
DO $$
DECLARE one record; filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.tablename) INTO filled;
    IF filled THEN
      EXECUTE format('DELETE FROM %I', one.tablename);
    END IF;
  END LOOP;
  FOR one IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
    PERFORM setval(format('%I', one.sequencename), 1, false);
  END LOOP;
END $$
""")


def application(url: str) -> Flask:
    """An application with a database and nothing else."""
    app = Flask("service")
    attach(app, url)
    return app


def dispose(app: Flask) -> None:
    """Close every connection of an application."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def migrated_sqlite(folder: Path) -> Path:
    """A migrated SQLite file in the folder, made once however many processes ask."""
    template = folder / "template.sqlite3"
    with postgres.only_one(folder):
        if not template.exists():
            app = application(f"sqlite:///{folder / 'making.sqlite3'}")
            migrations.upgrade(app)
            dispose(app)
            (folder / "making.sqlite3").rename(template)
    return template


def copy_sqlite(template: Path, target: Path) -> str:
    """A database of its own for one test; its address."""
    shutil.copy(template, target)
    return f"sqlite:///{target}"


def migrated_postgres(folder: Path) -> postgres.Server:
    """A server with a migrated template database, made once however many processes ask."""
    server = postgres.ensure(folder)
    done = folder / "template-made"
    with postgres.only_one(folder):
        if not done.exists():
            server.drop(TEMPLATE)
            app = application(server.create(TEMPLATE))
            migrations.upgrade(app)
            dispose(app)
            done.touch()
    return server


def empty_postgres(server: postgres.Server, database: str) -> None:
    """Leave a database as its template was; the numbers begin at 1 again."""
    server.execute(EMPTY, database)


def statements(app: Flask) -> StatementCount:
    """Counts what is sent to the database inside a `with` block; BEGIN and COMMIT are not counted."""
    return StatementCount(app)


class StatementCount:
    """The statements of a block, as texts."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.texts: list[str] = []

    def __enter__(self) -> StatementCount:
        from sqlalchemy import event  # noqa: PLC0415 # only where statements are counted

        with self.app.app_context():
            self.engine = db.engine
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        from sqlalchemy import event  # noqa: PLC0415 # as above

        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.texts.append(statement)

    def of(self, verbs: Iterable[str]) -> list[str]:
        """The statements that begin with one of the verbs."""
        return [text for text in self.texts if text.startswith(tuple(verbs))]
