"""The database's own refusal to change or delete an audit entry; only its sealing may be written, once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from service.store.audit import AuditEntry

REFUSAL: Final = "the audit trail is append-only"
TABLE: Final = AuditEntry.__tablename__
SEALED: Final = frozenset({"seq", "hash", "previous_hash"})
WRITTEN: Final = [name for name in AuditEntry.__mapper__.columns.keys() if name not in SEALED]  # noqa: SIM118 # columns

SEAL: Final = "ARRAY['seq', 'hash', 'previous_hash']"

SQLITE: Final = (
    f"DROP TRIGGER IF EXISTS {TABLE}_update",
    f"CREATE TRIGGER {TABLE}_update BEFORE UPDATE ON {TABLE} WHEN OLD.seq IS NOT NULL OR "
    + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in WRITTEN)
    + f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"DROP TRIGGER IF EXISTS {TABLE}_delete",
    f"CREATE TRIGGER {TABLE}_delete BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
)
POSTGRES: Final = (
    f"""
    CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND OLD.seq IS NULL
         AND to_jsonb(NEW) - {SEAL} = to_jsonb(OLD) - {SEAL}
      THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION '{REFUSAL}';
    END $$
    """,
    f"""
    CREATE OR REPLACE TRIGGER {TABLE}_change BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()
    """,
    f"""
    CREATE OR REPLACE TRIGGER {TABLE}_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()
    """,
)


def install(connection: Connection) -> None:
    """Put the guard in place after the migrations; it may be done again at any time."""
    if not inspect(connection).has_table(TABLE):
        return
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRES:
        connection.exec_driver_sql(statement)
