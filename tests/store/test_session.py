"""Column types and connections behave alike on both databases."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from service.commands import outbox
from service.domain.identity import SYSTEM
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import UserTask
from tests.support.factories import make_case, make_organisation, make_task


def test_an_instant_comes_back_aware_and_in_utc(store: Flask) -> None:
    beijing = datetime(2025, 4, 15, 17, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    case = make_case(db.session, started_at=beijing)
    db.session.expire_all()
    at = db.session.scalars(select(Case.started_at).where(Case.id == case.id)).one()
    assert at == beijing
    assert at.tzinfo is UTC


def test_instants_are_compared_as_instants(store: Flask) -> None:
    case = make_case(db.session, started_at=datetime(2025, 4, 15, 9, 30, tzinfo=UTC))
    beijing = datetime(2025, 4, 15, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    assert db.session.scalars(select(Case.id).where(Case.started_at == beijing)).all() == [case.id]
    assert db.session.scalars(select(Case.id).where(Case.started_at < beijing)).all() == []


def test_a_naive_instant_is_refused(store: Flask) -> None:
    with pytest.raises(StatementError, match="naive"):
        make_case(db.session, started_at=datetime(2025, 4, 15, 17, 30))  # noqa: DTZ001 # that is the point


def test_a_missing_value_is_null_and_not_the_word(store: Flask) -> None:
    task = make_task(db.session, due_reason=None)
    assert db.session.scalars(select(UserTask.id).where(UserTask.due_reason.is_(None))).all() == [task.id]


def test_a_row_that_refers_to_nothing_is_refused(store: Flask) -> None:
    with pytest.raises(IntegrityError):
        make_case(db.session, applicant_id=4711)


def test_an_organisation_knows_its_place_in_the_tree(store: Flask) -> None:
    city = make_organisation(db.session)
    county = make_organisation(db.session, city)
    assert city.path == f"/{city.id}/"
    assert county.path == f"/{city.id}/{county.id}/"


def test_sqlite_keeps_what_it_acknowledged(store: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("settings of SQLite")
    found = {name: db.session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    assert found == {"journal_mode": "wal", "synchronous": 2}


def test_a_reader_is_not_blocked_by_a_writer(store: Flask, now: datetime) -> None:
    def write(work: UnitOfWork) -> int:
        make_organisation(work.session)
        with db.engine.connect() as reader:
            return reader.execute(select(Organisation.id)).all().__len__()

    assert transact(write, actor=SYSTEM, now=now) == 0


def test_an_error_of_the_database_does_not_tell_whose_data_it_was(store: Flask) -> None:
    with pytest.raises(IntegrityError) as failed:
        db.session.execute(text("INSERT INTO cases (title) VALUES (:title)"), {"title": "专家甲的意见"})
    assert "专家甲" not in str(failed.value).split("[SQL")[1]
    db.session.rollback()


def test_an_error_of_the_database_quotes_nobodys_data(store: Flask) -> None:
    """Logs hold what is raised: PostgreSQL's own words are `DETAIL: Key (code)=(the value) already exists`."""
    make_organisation(db.session, code="a-secret-value")
    db.session.commit()
    with pytest.raises(IntegrityError) as raised:
        make_organisation(db.session, code="a-secret-value")
    told = "".join(traceback.format_exception(raised.value))
    db.session.rollback()
    assert "a-secret-value" not in told.replace('code="a-secret-value"', "")
    assert "organisations" in told


def test_what_the_outbox_keeps_of_a_refused_write_names_the_error_alone(store: Flask) -> None:
    make_organisation(db.session, code="a-secret-value")
    db.session.commit()
    with pytest.raises(IntegrityError) as raised:
        make_organisation(db.session, code="a-secret-value")
    db.session.rollback()
    told = outbox.told(raised.value)
    assert "INSERT" not in told
    assert "a-secret-value" not in told
    assert "再试" in told or "重试" in told
