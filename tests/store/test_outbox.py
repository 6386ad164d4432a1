"""The outbox: each entry once however often it is written, and one worker at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service.domain.identity import SYSTEM
from service.store import outbox
from service.store.outbox import Lease, OutboxEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.races import losers, race


def write(work: UnitOfWork, count: int = 1) -> list[bool]:
    return [
        outbox.add(work.session, "mail", {"to": f"{n}@example.cn"}, dedupe_key=f"told:{n}", now=work.now)
        for n in range(count)
    ]


def take(now: datetime, limit: int = 20) -> tuple[Lease, ...]:
    return transact(lambda work: outbox.lease(work.session, now, limit=limit), actor=SYSTEM, now=now)


def test_an_entry_written_twice_is_one(store: Flask, now: datetime) -> None:
    assert transact(write, actor=SYSTEM, now=now) == [True]
    assert transact(write, actor=SYSTEM, now=now) == [False]
    assert len(take(now)) == 1


def test_race_of_two_workers_for_the_same_entries(store: Flask, now: datetime) -> None:
    """Without SKIP LOCKED, or without the lease, both would send the same mail."""
    transact(write, 40, actor=SYSTEM, now=now)
    results = race(store, [lambda: [lease for _ in range(4) for lease in take(now, 5)]] * 3)
    assert losers(results) == []
    ids = [lease.id for leases in results for lease in leases]
    assert len(ids) == len(set(ids)) == 40


def test_an_entry_whose_worker_died_is_taken_again(store: Flask, now: datetime) -> None:
    transact(write, actor=SYSTEM, now=now)
    (first,) = take(now)
    assert take(now + timedelta(seconds=119)) == ()
    (second,) = take(now + timedelta(seconds=120))
    assert (second.id, second.tries) == (first.id, 2)


def test_a_worker_that_comes_too_late_does_not_mark_another_ones_lease(store: Flask, now: datetime) -> None:
    transact(write, actor=SYSTEM, now=now)
    (late,) = take(now)
    (current,) = take(now + timedelta(minutes=3))

    def mark(work: UnitOfWork) -> None:
        assert outbox.mark_done(work.session, late, now=now) is False
        assert outbox.mark_failed(work.session, late, "timeout", next_try_at=now) is False
        assert outbox.mark_done(work.session, current, now=now) is True

    transact(mark, actor=SYSTEM, now=now)
    assert take(now + timedelta(days=1)) == ()


@pytest.mark.parametrize(("hours", "state"), [(1, "pending"), (None, "dead")])
def test_a_failed_entry_waits_or_is_dead(store: Flask, now: datetime, hours: int | None, state: str) -> None:
    transact(write, actor=SYSTEM, now=now)
    (lease,) = take(now)
    again = now + timedelta(hours=hours) if hours else None

    def fail(work: UnitOfWork) -> bool:
        return outbox.mark_failed(work.session, lease, "451 try later", next_try_at=again)

    assert transact(fail, actor=SYSTEM, now=now)
    entry = db.session.scalars(select(OutboxEntry)).one()
    assert (entry.state, entry.last_error) == (state, "451 try later")
    assert len(take(now + timedelta(hours=1))) == (1 if hours else 0)


def test_entries_are_taken_in_order_and_by_kind(store: Flask, now: datetime) -> None:
    transact(write, 3, actor=SYSTEM, now=now)
    assert [lease.payload["to"] for lease in take(now)] == ["0@example.cn", "1@example.cn", "2@example.cn"]
    transact(lambda work: outbox.add(work.session, "pdf", {}, dedupe_key="pdf:1", now=now), actor=SYSTEM, now=now)
    leased = transact(lambda work: outbox.lease(work.session, now, kinds=["mail"]), actor=SYSTEM, now=now)
    assert leased == ()
