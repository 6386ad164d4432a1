"""Runs the migrations inside one transaction on the application's own engine."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy.engine import Connection

from service.store import audit_guard, case_texts, inbox_index
from service.store.session import UTCDateTime, db

ADVISORY_LOCK = 0x5348454E42414F  # any number that nobody else uses


def render_item(kind: str, item: Any, autogen_context: AutogenContext) -> str | Literal[False]:
    """Write our own column type with its import; leave the rest to alembic."""
    if kind == "type" and isinstance(item, UTCDateTime):
        autogen_context.imports.add("from service.store.session import UTCDateTime")
        return "UTCDateTime()"
    return False


def migrate(connection: Connection) -> None:
    """Run what is missing. The lock makes a second process wait and then find nothing to do."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        render_item=render_item,
    )
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        context.run_migrations()
        audit_guard.install(connection)
        inbox_index.install(connection)
        case_texts.install(connection)


def foreign_keys(connection: Connection, state: str) -> None:
    """Switch SQLite's checks: a table is changed by copying it, which its references must survive."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA foreign_keys={state}")


with current_app.app_context(), db.engine.execution_options(write=True).connect() as open_connection:
    foreign_keys(open_connection, "OFF")
    try:
        migrate(open_connection)
    finally:
        foreign_keys(open_connection, "ON")
