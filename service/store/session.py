"""The one engine and session of the service, and the column types every table uses."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime
from typing import Annotated, Any, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    CursorResult,
    Date,
    DateTime,
    Delete,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Update,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine, ExceptionContext, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged completion survives a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=20000",
)
RAISED = "P0001"  # the SQLSTATE of what a trigger of ours raises
# A statement that hangs must end, so that the row lock it holds ends with it.
POSTGRES_OPTIONS = "-c TimeZone=UTC -c lock_timeout=10000 -c statement_timeout=60000"


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, in UTC in every database; a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; without its zone on SQLite, which would write it as text beside the time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given for an instant")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware again, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# On SQLite only INTEGER is the row's own key; elsewhere keys are int64.
INT64 = BigInteger().with_variant(Integer(), "sqlite")
DATA = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

Key = Annotated[int, mapped_column(INT64, primary_key=True)]


class Base(DeclarativeBase):
    """The common ground of all tables."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            int: INT64,
            str: String(),
            bytes: LargeBinary(),
            date: Date(),
            datetime: UTCDateTime(),
            dict[str, Any]: DATA,
            list[Any]: DATA,
        },
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def attach(app: Flask, url: str) -> None:
    """Give the application its database; `sqlite:///…` or `postgresql://…`.

    Every table is imported here, so that whoever has the application has the whole schema.
    """
    import service.store.tables  # noqa: F401, PLC0415 # the tables import this module

    target = make_url(url)
    if target.drivername == "postgresql":
        target = target.set(drivername="postgresql+psycopg")
    # What a statement carries is somebody's data: an error that reaches a log or a row tells the statement alone.
    options: dict[str, Any] = {"json_serializer": _dumps, "hide_parameters": True}
    if target.get_backend_name() == "postgresql":
        options |= {"pool_pre_ping": True, "connect_args": {"options": POSTGRES_OPTIONS}}
    app.config["SQLALCHEMY_DATABASE_URI"] = target
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def prepare(engine: Engine) -> None:
    """Make transactions on SQLite begin when we say so; the driver's own way loses updates without a word.

    PostgreSQL's errors quote the rows they are about: what is raised names the error and the constraint alone.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "handle_error", _leave_out_values)
        return
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def begin_write(session: Session) -> None:
    """Begin a transaction that will write. On SQLite this waits until no other writer is left."""
    session.connection(execution_options={"write": True})


def changed(session: Session, statement: Update | Delete, values: dict[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE as it stands and say how many rows it changed; rows in memory are left as they are.

    `values` are those of its `bindparam`s, where the statement was put together once and is run often.
    """
    result = session.execute(statement, values, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def of_application(name: str) -> Any:
    """A part wired to the application whose context this is, by its name; a missing part is a wiring error."""
    return current_app.extensions[name]


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _leave_out_values(context: ExceptionContext) -> None:
    """Neither the driver's error nor the one that wraps it keeps `DETAIL: Key (login)=(…)` or the text it quotes.

    What our own triggers raise quotes nothing, and is kept.
    """
    diag = getattr(context.original_exception, "diag", None)
    if diag is None or not diag.sqlstate:
        return
    own = diag.message_primary if diag.sqlstate == RAISED else None
    told = " ".join(part for part in (diag.sqlstate, diag.constraint_name, diag.table_name, own) if part)
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = (f"{type(context.original_exception).__name__}: {told}",)


def _open_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
