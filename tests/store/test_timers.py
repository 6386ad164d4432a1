"""Timers are rows: read when due, and asked again under the lock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.domain.identity import SYSTEM
from service.store import instances, timers
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
    instance = make_instance(db.session)
    hour = timedelta(hours=1)
    for number, due_at in {1: now, 2: now - hour, 3: now + hour, 4: None}.items():
        wait(db.session(), instance.id, number, due_at)
    assert [one.engine_task for one in timers.due(db.session(), now, 10)] == [2, 1]
    assert [one.engine_task for one in timers.due(db.session(), now, 1)] == [2]


def test_race_of_two_clocks_for_one_timer(store: Flask, now: datetime) -> None:
    """Both have read that it is due; without asking again under the lock it would fire twice."""
    instance_id = transact(lambda work: make_instance(work.session).id, actor=SYSTEM, now=now)
    transact(lambda work: wait(work.session, instance_id, 1, now), actor=SYSTEM, now=now)
    (due,) = timers.due(db.session(), now, 10)

    def fire(work: UnitOfWork) -> bool:
        instances.lock(work.session, instance_id)
        timer = timers.still_due(work.session, due.id, work.now)
        if timer is None:
            return False
        work.session.delete(timer)
        return True

    results = race(store, [lambda: transact(fire, actor=SYSTEM, now=now)] * 4)
    assert losers(results) == []
    assert sorted(results) == [False, False, False, True]


def test_a_timer_that_was_put_off_is_not_due(store: Flask, now: datetime) -> None:
    timer = wait(db.session(), make_instance(db.session).id, 1, now)
    (due,) = timers.due(db.session(), now, 10)
    timer.due_at = now + timedelta(days=3)
    db.session.flush()
    assert timers.still_due(db.session(), due.id, now) is None


def test_an_element_waits_on_one_timer(store: Flask, now: datetime) -> None:
    """Without the unique key a movement written twice would leave a timer that fires for nothing."""
    instance = make_instance(db.session)
    wait(db.session(), instance.id, 1, now)
    with pytest.raises(IntegrityError):
        wait(db.session(), instance.id, 1, now)
