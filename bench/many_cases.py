"""A filled PostgreSQL database many times over: a tenth of the cases under way as they stand, the others ended ones.

Rows are copied by the database itself, table by table; every key of the n-th copy is `STRIDE` · n higher. The first
copies are of further units and experts, the later ones of the same again. Offices, staff, calls and published models
stand once, as they do however many declare. The seals of the audit trail are copied unverified.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint, func, select, text
from sqlalchemy.engine import Connection

from service.store.cases import Case
from service.store.session import Base, db

STRIDE = 1_000_000
UNDER_WAY = 0.1
UNIT = "kind NOT IN ('authority', 'competent')"
OF_UNITS = f"organisation_id IN (SELECT id FROM organisations WHERE {UNIT})"
# Copied in part: the units, and the people of units or of the pool, with what they were granted.
PARTLY = {
    "organisations": UNIT,
    "users": f"({OF_UNITS} OR id IN (SELECT user_id FROM experts))",
    "grants": f"user_id IN (SELECT id FROM users WHERE {OF_UNITS} OR id IN (SELECT user_id FROM experts))",
}
PARTIES = {*PARTLY, "experts"}
# What refers to a case or a person without a foreign key.
LOOSE = {"audit_entries": {"case_id": "cases", "actor_id": "users"}, "cases": {"register_entry_id": "register_entries"}}
# The keys of groups, which name a unit by its id or credit code, and an expert by the id in the pool.
COPIED_GROUP = f"""
CREATE FUNCTION pg_temp.copied_group(key text, m bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN key ~ '^expert:[0-9]+$' THEN 'expert:' || split_part(key, ':', 2)::bigint + m * {STRIDE}
    WHEN key LIKE 'member@%' THEN key || '~' || m
    WHEN split_part(key, '@', 2) IN (SELECT id::text FROM organisations WHERE {UNIT} AND id < {STRIDE})
      THEN split_part(key, '@', 1) || '@' || split_part(key, '@', 2)::bigint + m * {STRIDE}
    ELSE key END $$
"""
GROUPS = "(SELECT jsonb_agg(pg_temp.copied_group(one, m)) FROM jsonb_array_elements_text(source.groups) one)"


def multiply(cases: int) -> int:
    """Copy the cases of the application's database until there are at least so many; how many there are then."""
    with db.engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET session_replication_role = replica"))  # all that is referred to is copied as well
        connection.execute(text(COPIED_GROUP))
        copying = _planned(connection, cases)
        for table in Base.metadata.sorted_tables:
            if table.name in copying.tables:
                copying.copy(connection, table)
        connection.execute(text("SET session_replication_role = origin"))
        there = connection.scalar(select(func.count(Case.id))) or 0
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        return there


def _planned(connection: Connection, cases: int) -> Copying:
    ended = connection.scalar(select(func.count(Case.ended_at))) or 1
    under_way = (connection.scalar(select(func.count(Case.id))) or 0) - ended
    few = max(round(cases * UNDER_WAY / under_way) - 1, 1)
    many = -(-(cases - (few + 1) * under_way) // ended) - 1
    tables = {*PARTIES, Case.__tablename__, "audit_entries", "outbox"}
    for table in Base.metadata.sorted_tables:
        if {key.column.table.name for key in table.foreign_keys} & (tables - PARTLY.keys()):
            tables.add(table.name)
    return Copying(frozenset(tables), few, many)


@dataclass(frozen=True)
class Copying:
    """The tables that hang on a case or an expert; all rows are copied `few` times, of ended cases `many` times."""

    tables: frozenset[str]
    few: int
    many: int

    def copy(self, connection: Connection, table: Table) -> None:
        """Insert every copy of a table's rows in one statement."""
        values = dict(self._values(table))
        last = self.few if table.name in PARTIES else self.many
        connection.execute(
            text(
                f"INSERT INTO {table.name} ({', '.join(values)}) SELECT {', '.join(values.values())}"
                f" FROM {table.name} source, generate_series(1, {last}) n,"
                f" LATERAL (SELECT (n - 1) % {self.few} + 1 AS m) party"
                f" WHERE {PARTLY.get(table.name, 'true')} AND (n <= {self.few} OR {self._of_ended(table)})"
            )
        )

    def _target(self, table: Table, column: Column[object]) -> str | None:
        """The copied table that a column refers to."""
        loose = LOOSE.get(table.name, {}).get(column.name)
        found = loose or next((key.column.table.name for key in column.foreign_keys), None)
        return found if found in self.tables else None

    def _of_ended(self, table: Table) -> str:
        """The condition on the rows of ended cases; what hangs on none is copied with the first copies alone."""
        if table.name == Case.__tablename__:
            return "ended_at IS NOT NULL"
        roads = {
            column.name: target
            for column in table.columns
            if (target := self._target(table, column)) not in {None, table.name, *PARTIES}
        }
        if not roads:
            return "false"
        column = "case_id" if "case_id" in roads else next(iter(roads))
        parent = Base.metadata.tables[str(roads[column])]
        return f'"{column}" IN (SELECT id FROM {parent.name} WHERE id < {STRIDE} AND {self._of_ended(parent)})'

    def _values(self, table: Table) -> Iterator[tuple[str, str]]:
        """Each column, and what the n-th copy has in it."""
        alone = {
            next(iter(one.columns)).name
            for one in table.constraints
            if isinstance(one, UniqueConstraint) and len(one.columns) == 1
        }
        for column in table.columns:
            yield f'"{column.name}"', self._value(table, column, alone)

    def _value(self, table: Table, column: Column[object], alone: set[str]) -> str:
        own, target = f'source."{column.name}"', self._target(table, column)
        if target in PARTLY:
            among = f"SELECT id FROM {target} WHERE {PARTLY[target]} AND id < {STRIDE}"
            return f"CASE WHEN {own} IN ({among}) THEN {own} + m * {STRIDE} ELSE {own} END"
        if target == "experts":
            return f"{own} + m * {STRIDE}"
        if target or (column.primary_key and isinstance(column.type, Integer)):
            return f"{own} + n * {STRIDE}"
        return {
            ("user_tasks", "groups"): GROUPS,
            ("organisations", "path"): f"'/' || source.id + n * {STRIDE} || '/'",
            ("audit_entries", "seq"): f"{own} + n * (SELECT max(seq) FROM audit_entries WHERE id < {STRIDE})",
            ("cases", "title"): f"{own} || ' ' || n",
            ("organisations", "name"): f"{own} || ' ' || n",
        }.get((table.name, column.name)) or _text(column, own, alone)


def _text(column: Column[object], own: str, alone: set[str]) -> str:
    """Keys that are text are made different; the key of a group names the party of the copy."""
    if column.name == "group_key":
        return f"pg_temp.copied_group({own}, m)"
    if isinstance(column.type, String) and (column.primary_key or column.name in alone):
        return f"{own} || '~' || n"
    return f"{own} || '~' || m" if column.name == "credit_code" else own
