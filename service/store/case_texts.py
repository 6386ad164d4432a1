"""What is known of a case as one text, with an index of its words that each database keeps in its own way.

The text is derived: the clock writes it after an act is sealed, and writes it anew where it is lost.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, ForeignKey, and_, event, func, inspect, literal_column, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.domain.search_words import beginnings_of, terms_of
from service.store.session import INT64, Base

TEXTS: Final = "case_texts"
WORDS: Final = "case_words"  # the index on SQLite: a table of the full-text module, with its own beside it
INDEX: Final = "ix_case_texts_words"  # the index on PostgreSQL


class CaseText(Base):
    """One case: its text for comparing, its words for the index, and the number of the act up to which it is true."""

    __tablename__ = TEXTS

    case_id: Mapped[int] = mapped_column(INT64, ForeignKey("cases.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(index=True)
    text: Mapped[str]
    words: Mapped[str]


SQLITE: Final = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {WORDS} "
    f"USING fts5(words, content='{TEXTS}', content_rowid='case_id', detail=none)",
    f"CREATE TRIGGER IF NOT EXISTS {TEXTS}_added AFTER INSERT ON {TEXTS} BEGIN "
    f"INSERT INTO {WORDS} (rowid, words) VALUES (NEW.case_id, NEW.words); END",
    f"CREATE TRIGGER IF NOT EXISTS {TEXTS}_removed AFTER DELETE ON {TEXTS} BEGIN "
    f"INSERT INTO {WORDS} ({WORDS}, rowid, words) VALUES ('delete', OLD.case_id, OLD.words); END",
    f"CREATE TRIGGER IF NOT EXISTS {TEXTS}_changed AFTER UPDATE ON {TEXTS} BEGIN "
    f"INSERT INTO {WORDS} ({WORDS}, rowid, words) VALUES ('delete', OLD.case_id, OLD.words); "
    f"INSERT INTO {WORDS} (rowid, words) VALUES (NEW.case_id, NEW.words); END",
)
POSTGRES: Final = (f"CREATE INDEX IF NOT EXISTS {INDEX} ON {TEXTS} USING gin (to_tsvector('simple', words))",)


def holds(session: Session, query: str) -> ColumnElement[Any]:
    """The ids of the cases whose text holds every term of the query, as a subquery.

    The index finds those with the words; the text itself is then compared, so that only what stands there is found.
    """
    terms = terms_of(query)
    wanted = sorted({word for term in terms for word in beginnings_of(term)})
    found = select(CaseText.case_id).where(and_(*(CaseText.text.contains(term, autoescape=True) for term in terms)))
    if wanted:
        found = found.where(_by_index(session, wanted))
    return found.scalar_subquery()


def _by_index(session: Session, wanted: list[str]) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        matched = literal_column(WORDS).op("MATCH")(" AND ".join(f"{word}*" for word in wanted))
        return CaseText.case_id.in_(select(literal_column("rowid")).select_from(text(WORDS)).where(matched))
    simple: ColumnElement[Any] = literal_column("'simple'::regconfig")
    asked = func.to_tsquery(simple, " & ".join(f"{word}:*" for word in wanted))
    indexed: ColumnElement[bool] = func.to_tsvector(simple, CaseText.words).op("@@")(asked)
    return indexed


def install(connection: Connection) -> None:
    """Put the index in place after the migrations; it may be done again at any time."""
    if not inspect(connection).has_table(TEXTS):
        return
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRES:
        connection.exec_driver_sql(statement)


def is_derived(kind: str, name: str | None) -> bool:
    """Whether a table or an index is one of the database's own, which no migration makes."""
    return bool(name) and ((kind == "table" and str(name).startswith(WORDS)) or (kind == "index" and name == INDEX))


@event.listens_for(CaseText.__table__, "after_create")
def _created(_table: Any, connection: Connection, **_: Any) -> None:
    """A database that is made in one go, without migrations, has the index from its first case."""
    install(connection)
