"""The database's own upkeep of `task_groups`, whose rows repeat what the inbox's index needs of a task.

What is derived is written by triggers, so that no command can forget it, and an act sends no statement for it.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import event, inspect
from sqlalchemy.engine import Connection

from service.store.user_tasks import NEVER, OPEN, TaskGroup, UserTask

TASKS: Final = UserTask.__tablename__
GROUPS: Final = TaskGroup.__tablename__

_COLUMNS: Final = f"{GROUPS} (task_id, group_key, due_order, open)"
_OPEN: Final = f"NEW.status = '{OPEN}'"
# As SQLite keeps an instant: text in UTC with six digits of a second.
_SQLITE_DUE: Final = f"COALESCE(NEW.due_at, '{NEVER:%Y-%m-%d %H:%M:%S.%f}')"
_POSTGRES_DUE: Final = f"COALESCE(NEW.due_at, '{NEVER.isoformat()}'::timestamptz)"

SQLITE: Final = (
    f"DROP TRIGGER IF EXISTS {GROUPS}_opened",
    f"CREATE TRIGGER {GROUPS}_opened AFTER INSERT ON {TASKS} BEGIN INSERT INTO {_COLUMNS} "
    f"SELECT NEW.id, value, {_SQLITE_DUE}, {_OPEN} FROM json_each(NEW.groups); END",
    f"DROP TRIGGER IF EXISTS {GROUPS}_moved",
    f"CREATE TRIGGER {GROUPS}_moved AFTER UPDATE OF status, due_at ON {TASKS} BEGIN UPDATE {GROUPS} "
    f"SET due_order = {_SQLITE_DUE}, open = {_OPEN} WHERE task_id = NEW.id; END",
)
POSTGRES: Final = (
    f"""
    CREATE OR REPLACE FUNCTION open_task_groups() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO {_COLUMNS}
      SELECT NEW.id, named, {_POSTGRES_DUE}, {_OPEN} FROM jsonb_array_elements_text(NEW.groups) named;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION move_task_groups() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE {GROUPS} SET due_order = {_POSTGRES_DUE}, open = {_OPEN} WHERE task_id = NEW.id;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE OR REPLACE TRIGGER {GROUPS}_opened AFTER INSERT ON {TASKS}
    FOR EACH ROW EXECUTE FUNCTION open_task_groups()
    """,
    f"""
    CREATE OR REPLACE TRIGGER {GROUPS}_moved AFTER UPDATE OF status, due_at ON {TASKS} FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.due_at IS DISTINCT FROM NEW.due_at)
    EXECUTE FUNCTION move_task_groups()
    """,
)


def install(connection: Connection) -> None:
    """Put the triggers in place after the migrations; it may be done again at any time."""
    if not inspect(connection).has_table(TASKS):
        return
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRES:
        connection.exec_driver_sql(statement)


@event.listens_for(TaskGroup.__table__, "after_create")
def _created(_table: Any, connection: Connection, **_: Any) -> None:
    """A database that is made in one go, without migrations, has the triggers from its first task."""
    install(connection)
