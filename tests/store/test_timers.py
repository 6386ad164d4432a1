"""Timers are rows: read when due, asked again under the lock, kept while they wait on unchanged."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from service.domain.identity import SYSTEM
from service.store import instances, timers
from service.store.session import db
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.factories import make_instance
from tests.support.races import losers, race


def timer(instance_id: int, engine_task: int, due_at: datetime | None) -> Timer:
    return Timer(
        instance_id=instance_id, engine_task=engine_task, element="too-late", process="declaration", due_at=due_at
    )


def test_due_timers_come_in_order_and_paused_ones_never(store: Flask, now: datetime) -> None:
    instance = make_instance(db.session)
    hour = timedelta(hours=1)
    dues = {1: now, 2: now - hour, 3: now + hour, 4: None}
    timers.sync(db.session(), instance.id, [timer(instance.id, n, at) for n, at in dues.items()])
    db.session.flush()
    assert [one.engine_task for one in timers.due(db.session(), now, 10)] == [2, 1]
    assert [one.engine_task for one in timers.due(db.session(), now, 1)] == [2]


def test_sync_adds_changes_and_removes(store: Flask, now: datetime) -> None:
    instance = make_instance(db.session)
    timers.sync(db.session(), instance.id, [timer(instance.id, 1, now), timer(instance.id, 2, now)])
    db.session.flush()
    kept = timers.of_instance(db.session(), instance.id)[1].id
    later = now + timedelta(days=1)
    timers.sync(db.session(), instance.id, [timer(instance.id, 2, later), timer(instance.id, 3, now)])
    db.session.flush()
    db.session.expire_all()
    found = {one.engine_task: (one.id, one.due_at) for one in timers.of_instance(db.session(), instance.id)}
    assert found.keys() == {2, 3}
    assert found[2] == (kept, later)


def test_race_of_two_clocks_for_one_timer(store: Flask, now: datetime) -> None:
    """Both have read that it is due; without asking again under the lock it would fire twice."""
    instance_id = transact(lambda work: make_instance(work.session).id, actor=SYSTEM, now=now)
    transact(lambda work: timers.sync(work.session, instance_id, [timer(instance_id, 1, now)]), actor=SYSTEM, now=now)

    def tick() -> bool:
        (due,) = timers.due(db.session(), now, 10)
        return transact(fire, due.id, actor=SYSTEM, now=now)

    def fire(work: UnitOfWork, timer_id: int) -> bool:
        instances.lock(work.session, instance_id)
        if timers.still_due(work.session, timer_id, work.now) is None:
            return False
        timers.sync(work.session, instance_id, [])
        return True

    (first,) = timers.due(db.session(), now, 10)
    results = race(store, [lambda: transact(fire, first.id, actor=SYSTEM, now=now)] * 4)
    assert losers(results) == []
    assert sorted(results) == [False, False, False, True]


def test_a_timer_that_was_put_off_is_not_due(store: Flask, now: datetime) -> None:
    instance = make_instance(db.session)
    timers.sync(db.session(), instance.id, [timer(instance.id, 1, now)])
    db.session.flush()
    (due,) = timers.due(db.session(), now, 10)
    timers.sync(db.session(), instance.id, [timer(instance.id, 1, now + timedelta(days=3))])
    db.session.flush()
    assert timers.still_due(db.session(), due.id, now) is None
