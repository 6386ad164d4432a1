"""One command, one transaction: all of it or nothing, and contention is nobody's error."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update

from service.domain.errors import NotAllowed, StaleRevision, Unavailable
from service.domain.identity import SYSTEM
from service.store import instances
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import TRIES, UnitOfWork, transact
from tests.support import databases
from tests.support.factories import make_instance, make_organisation
from tests.support.races import losers, race


def organisations() -> int:
    return db.session.scalar(select(func.count(Organisation.id))) or 0


def test_a_refused_command_leaves_no_trace(store: Flask, now: datetime) -> None:
    def refuse(work: UnitOfWork) -> None:
        make_organisation(work.session)
        raise NotAllowed()

    with pytest.raises(NotAllowed):
        transact(refuse, actor=SYSTEM, now=now)
    assert organisations() == 0


def test_a_command_commits_once(store: Flask, now: datetime) -> None:
    commits: list[object] = []
    event.listen(db.engine, "commit", commits.append)
    transact(lambda work: make_organisation(work.session), actor=SYSTEM, now=now)
    assert len(commits) == 1
    db.session.remove()
    assert organisations() == 1


def test_contention_is_tried_again_inside(store: Flask, now: datetime) -> None:
    tries: list[int] = []

    def busy(work: UnitOfWork) -> str:
        make_organisation(work.session)
        tries.append(1)
        if len(tries) < 3:
            raise StaleRevision()
        return "done"

    assert transact(busy, actor=SYSTEM, now=now) == "done"
    assert organisations() == 1


def test_contention_without_end_is_unavailable(store: Flask, now: datetime) -> None:
    tries: list[int] = []

    def stuck(_work: UnitOfWork) -> None:
        tries.append(1)
        raise StaleRevision()

    with pytest.raises(Unavailable):
        transact(stuck, actor=SYSTEM, now=now)
    assert len(tries) == TRIES


def test_what_a_door_has_read_does_not_spoil_the_command(store: Flask, now: datetime) -> None:
    """A read begins a transaction; on SQLite one that only later wants to write would fail, or lose an update."""
    instance = transact(lambda work: make_instance(work.session).id, actor=SYSTEM, now=now)

    def read_then_command() -> None:
        db.session.get(Instance, instance)
        transact(_advance, instance, actor=SYSTEM, now=now)

    assert losers(race(store, [read_then_command] * 4)) == []
    assert db.session.get_one(Instance, instance).revision == 4


def test_a_command_reads_anew_what_a_door_has_read(store: Flask, now: datetime) -> None:
    """What the page was built from may be old by the time the command holds its locks."""
    instance = transact(lambda work: make_instance(work.session).id, actor=SYSTEM, now=now)
    assert db.session.get_one(Instance, instance).revision == 0
    with db.engine.execution_options(write=True).begin() as other:
        other.execute(update(Instance).values(revision=5))
    assert transact(lambda work: work.session.get_one(Instance, instance).revision, actor=SYSTEM, now=now) == 5


def test_two_commands_that_lock_in_opposite_order_both_succeed(store: Flask, now: datetime) -> None:
    first, second = transact(
        lambda work: (make_instance(work.session).id, make_instance(work.session).id), actor=SYSTEM, now=now
    )

    def both(work: UnitOfWork, one: int, other: int) -> None:
        _advance(work, one)
        _advance(work, other)

    acts = [
        lambda: [transact(both, first, second, actor=SYSTEM, now=now) for _ in range(5)],
        lambda: [transact(both, second, first, actor=SYSTEM, now=now) for _ in range(5)],
    ]
    assert losers(race(store, acts)) == []
    assert [db.session.get_one(Instance, key).revision for key in (first, second)] == [10, 10]


def _advance(work: UnitOfWork, instance_id: int) -> None:
    instance = instances.lock(work.session, instance_id)
    instances.compare_and_set(work.session, instance, state=b"{}", ended=False)


def test_a_command_inside_a_command_is_a_mistake(store: Flask, now: datetime) -> None:
    """It would commit, or throw away, what the outer one has not finished."""

    def outer(work: UnitOfWork) -> None:
        transact(lambda inner: make_organisation(inner.session), actor=SYSTEM, now=now)

    with pytest.raises(RuntimeError, match="inside a command"):
        transact(outer, actor=SYSTEM, now=now)
    transact(lambda work: make_organisation(work.session), actor=SYSTEM, now=now)
    assert organisations() == 1


@pytest.mark.postgres
def test_a_command_survives_the_loss_of_its_connection(postgres_url: str, now: datetime) -> None:
    app = databases.application(postgres_url)
    tries: list[int] = []

    def cut_off_once(work: UnitOfWork) -> None:
        make_organisation(work.session)
        tries.append(work.session.scalar(text("SELECT pg_backend_pid()")) or 0)
        if len(tries) == 1:
            with db.engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": tries[0]})
        make_organisation(work.session)

    with app.app_context():
        transact(cut_off_once, actor=SYSTEM, now=now)
        assert len(set(tries)) == 2
        assert organisations() == 2
    databases.dispose(app)
