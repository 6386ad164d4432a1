"""Rows of every table as JSON lines in a zip, and back: the same for SQLite and PostgreSQL, from one to the other."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Final

from sqlalchemy import Column, Date, LargeBinary, Table, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from service.store.session import Base, UTCDateTime

# Who is signed in, whose links wait and who asked how often: nothing of this should live again elsewhere.
LEFT_OUT: Final = frozenset({"sessions", "password_links", "throttles"})
DERIVED: Final = frozenset({"task_groups", "case_texts"})  # the database or the clock writes these itself anew
BATCH: Final = 500
BLOB_COLUMN: Final = "sha256"  # the end of the name of each column that names a kept file


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the archive: how many rows it holds, and the sha256 of its bytes."""

    rows: int
    sha256: str


def tables() -> tuple[Table, ...]:
    """Every table that is kept, each after those it refers to."""
    return tuple(table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT | DERIVED)


def schema() -> str:
    """A digest of the tables and columns of this version: an archive is read by the version that wrote it."""
    columns = [
        f"{table.name}.{column.name}:{type(column.type).__name__}:{column.nullable}"
        for table in tables()
        for column in table.columns
    ]
    return hashlib.sha256("\n".join(sorted(columns)).encode()).hexdigest()[:16]


def entry_name(table: str) -> str:
    """Where a table stands in the archive."""
    return f"tables/{table}.jsonl"


def write_table(session: Session, table: Table, archive: zipfile.ZipFile) -> Part:
    """Write a table's rows in the order of their keys."""
    digest, rows = hashlib.sha256(), 0
    order = list(table.primary_key.columns)
    found = session.execute(select(table).order_by(*order).execution_options(yield_per=BATCH))
    with archive.open(entry_name(table.name), "w", force_zip64=True) as out:
        for row in found.mappings():
            line = (json.dumps({name: _told(value) for name, value in row.items()}, ensure_ascii=False) + "\n").encode()
            digest.update(line)
            out.write(line)
            rows += 1
    return Part(rows, digest.hexdigest())


def read_rows(table: Table, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The rows of a table's file, in the types of its columns; raises ValueError for a row that is none."""
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        if not isinstance(row, dict) or row.keys() != set(table.columns.keys()):
            raise ValueError(f"{table.name}, line {number}: not a row of this table")
        yield {name: _read(table.columns[name], value) for name, value in row.items()}


def insert_rows(session: Session, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert the rows as they are; how many. What refers to a row of the same table is set when all are there."""
    own = [column.name for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]
    later: list[dict[str, Any]] = []
    count, batch = 0, []
    for row in rows:
        batch.append({name: None if name in own else value for name, value in row.items()})
        if any(row[name] is not None for name in own):
            later.append({"key": row["id"], **{f"new_{name}": row[name] for name in own}})
        count += 1
        if len(batch) == BATCH:
            session.execute(insert(table), batch)
            batch = []
    if batch:
        session.execute(insert(table), batch)
    if later:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in own}
        session.connection().execute(update(table).where(table.c.id == bindparam("key")).values(values), later)
    return count


def continue_numbers(session: Session) -> None:
    """Let new keys follow the inserted ones; PostgreSQL keeps the next key apart from the rows."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in tables():
        if "id" in table.columns and (last := session.scalar(select(func.max(table.c.id)))) is not None:
            statement = text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)")
            session.execute(statement, {"table": table.name, "last": last})


def filled_tables(session: Session) -> list[str]:
    """The tables that hold anything."""
    every = Base.metadata.sorted_tables
    return [table.name for table in every if session.execute(select(1).select_from(table).limit(1)).first()]


def blob_names(session: Session) -> set[str]:
    """The hashes of all kept files that a row names."""
    columns = [column for table in tables() for column in table.columns if column.name.endswith(BLOB_COLUMN)]
    return {found for column in columns for found in session.scalars(select(column).distinct()) if found}


def _told(value: Any) -> Any:
    if isinstance(value, date):  # an instant, too
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UTCDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value, validate=True) if isinstance(column.type, LargeBinary) else value


def read_chunks(file: IO[bytes], size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time."""
    while piece := file.read(size):
        yield piece
