"""The guards of an instance: its lock, and the comparison of its revision."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from flask import Flask

from service.domain.errors import NotFound, StaleRevision
from service.domain.identity import SYSTEM
from service.store import instances
from service.store.instances import Instance
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.factories import make_instance, make_task
from tests.support.races import losers, race


@pytest.fixture
def instance_id(store: Flask, now: datetime) -> int:
    return transact(lambda work: make_instance(work.session, state=b"0").id, actor=SYSTEM, now=now)


def test_race_of_two_moves_that_read_the_same_state(store: Flask, instance_id: int, now: datetime) -> None:
    """Without the lock both would read the same state, and the second would overwrite what the first has done."""

    def move(work: UnitOfWork) -> None:
        instance = instances.lock(work.session, instance_id)
        instance.state = str(int(instance.state or b"0") + 1).encode()  # a plain write: only the lock guards it

    results = race(store, [lambda: [transact(move, actor=SYSTEM, now=now) for _ in range(10)]] * 4)
    assert losers(results) == []
    assert db.session.get_one(Instance, instance_id).state == b"40"


def test_race_of_two_moves_where_a_lock_was_forgotten(store: Flask, instance_id: int, now: datetime) -> None:
    """Both have read revision 0; the second finds it gone and starts over from what the first has written."""
    both_have_read = threading.Barrier(2)
    tries: list[int] = []

    def move(work: UnitOfWork) -> None:
        instance = work.session.get_one(Instance, instance_id)
        state = str(int(instance.state or b"0") + 1).encode()
        tries.append(instance.revision)
        if store.config["SQLALCHEMY_DATABASE_URI"].get_backend_name() == "postgresql" and len(tries) <= 2:
            both_have_read.wait(timeout=10)
        instances.compare_and_set(work.session, instance, state=state, ended=False)

    results = race(store, [lambda: transact(move, actor=SYSTEM, now=now)] * 2)
    assert losers(results) == []
    instance = db.session.get_one(Instance, instance_id)
    assert (instance.state, instance.revision) == (b"2", 2)


def test_a_stale_revision_is_refused(store: Flask, instance_id: int, now: datetime) -> None:
    read = db.session.get_one(Instance, instance_id)
    db.session.expunge(read)

    def move(work: UnitOfWork) -> None:
        instances.compare_and_set(work.session, instances.lock(work.session, instance_id), state=b"1", ended=False)

    transact(move, actor=SYSTEM, now=now)
    with pytest.raises(StaleRevision):
        instances.compare_and_set(db.session(), read, state=b"2", ended=False)


def test_an_instance_moves_twice_in_one_command(store: Flask, instance_id: int, now: datetime) -> None:
    def move(work: UnitOfWork) -> None:
        instance = instances.lock(work.session, instance_id)
        instances.compare_and_set(work.session, instance, state=b"1", ended=False)
        instances.compare_and_set(work.session, instance, state=b"2", ended=True)

    transact(move, actor=SYSTEM, now=now)
    instance = db.session.get_one(Instance, instance_id)
    assert (instance.state, instance.revision, instance.ended) == (b"2", 2, True)


def test_the_clock_passes_over_an_instance_somebody_holds(store: Flask, instance_id: int, now: datetime) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: the clock waits for its turn")

    def hold_and_ask(work: UnitOfWork) -> Instance | None:
        instances.lock(work.session, instance_id)
        with db.engine.connect() as clock:
            other = db.session.session_factory(bind=clock)
            return instances.try_lock(other, instance_id)

    assert transact(hold_and_ask, actor=SYSTEM, now=now) is None
    assert transact(lambda work: instances.try_lock(work.session, instance_id), actor=SYSTEM, now=now) is not None


def test_an_instance_is_found_by_its_case_and_by_its_task(store: Flask, now: datetime) -> None:
    def find(work: UnitOfWork) -> None:
        task = make_task(work.session)
        assert instances.lock_of_task(work.session, task.id).id == task.instance_id
        assert instances.lock_of_case(work.session, task.case_id).id == task.instance_id
        with pytest.raises(NotFound):
            instances.lock(work.session, 4711)

    transact(find, actor=SYSTEM, now=now)
