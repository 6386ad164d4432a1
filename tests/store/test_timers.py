"""Timers are rows: read when due, and asked again under the lock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.domain.identity import SYSTEM
from service.store import timers
from service.store.session import db
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.factories import make_instance
from tests.support.races import losers, race


def wait(session: Session, instance_id: int, engine_task: int, due_at: datetime | None) -> Timer:
    timer = Timer(
        instance_id=instance_id, engine_task=engine_task, element="too-late", process="declaration", due_at=due_at
    )
    session.add(timer)
    session.flush()
    return timer


def test_due_timers_come_in_order_and_paused_ones_never(store: Flask, now: datetime) -> None:
    first, second = (make_instance(db.session).id for _ in range(2))
    hour = timedelta(hours=1)
    for number, (instance_id, due_at) in enumerate(
        [(first, now), (second, now - hour), (first, now - 2 * hour), (first, now + hour), (second, None)]
    ):
        wait(db.session(), instance_id, number, due_at)
    assert timers.due(db.session(), now, 10) == (first, second, first)
    assert timers.due(db.session(), now, 1) == (first,)


def test_what_was_due_first_comes_first_in_its_case(store: Flask, now: datetime) -> None:
    """A date passed over while somebody worked on the case does not come after a later one."""
    instance_id = make_instance(db.session).id
    for number, hours in enumerate((1, 3, 2, -1)):
        wait(db.session(), instance_id, number, now - timedelta(hours=hours))
    order = []
    while found := timers.lock_first_due(db.session(), [instance_id], now):
        order.extend(one.timer.engine_task for one in found)
        db.session.delete(found[0].timer)
        db.session.flush()
    assert order == [1, 2, 0]


def test_of_several_cases_each_gives_its_first_in_due_order(store: Flask, now: datetime) -> None:
    third, first, second, none = (make_instance(db.session).id for _ in range(4))
    for instance_id, hours in ((third, 1), (first, 3), (second, 2), (first, 1), (third, 1), (none, -1)):
        number = db.session.scalars(select(func.count(Timer.id))).one()
        wait(db.session(), instance_id, number, now - timedelta(hours=hours))
    found = timers.lock_first_due(db.session(), [none, third, second, first], now)
    assert [(one.instance.id, one.timer.engine_task) for one in found] == [(first, 1), (second, 2), (third, 0)]


def test_race_of_two_clocks_for_one_timer(store: Flask, now: datetime) -> None:
    """Both have read that it is due; without asking again under the lock it would fire twice."""
    instance_id = transact(lambda work: make_instance(work.session).id, actor=SYSTEM, now=now)
    transact(lambda work: wait(work.session, instance_id, 1, now), actor=SYSTEM, now=now)
    assert timers.due(db.session(), now, 10) == (instance_id,)

    def fire(work: UnitOfWork) -> bool:
        found = timers.lock_first_due(work.session, [instance_id], work.now)
        for one in found:
            work.session.delete(one.timer)
        return bool(found)

    results = race(store, [lambda: transact(fire, actor=SYSTEM, now=now)] * 4)
    assert losers(results) == []
    assert sorted(results) == [False, False, False, True]


def test_a_timer_that_was_put_off_is_not_due(store: Flask, now: datetime) -> None:
    instance_id = make_instance(db.session).id
    timer = wait(db.session(), instance_id, 1, now)
    assert timers.due(db.session(), now, 10) == (instance_id,)
    timer.due_at = now + timedelta(days=3)
    db.session.flush()
    assert timers.lock_first_due(db.session(), [instance_id], now) == []


def test_an_element_waits_on_one_timer(store: Flask, now: datetime) -> None:
    """Without the unique key a movement written twice would leave a timer that fires for nothing."""
    instance = make_instance(db.session)
    wait(db.session(), instance.id, 1, now)
    with pytest.raises(IntegrityError):
        wait(db.session(), instance.id, 1, now)
