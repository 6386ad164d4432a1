"""Numbers are given out once each and without gaps."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from service.domain.identity import SYSTEM
from service.store import counters, deployments
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.races import losers, race


def test_race_for_the_next_number(store: Flask, now: datetime) -> None:
    """Read, add one, write: two letters of one number. The counter row is locked by the statement that adds."""

    def take() -> list[int]:
        return [transact(lambda work: counters.take(work.session, "letters"), actor=SYSTEM, now=now) for _ in range(10)]

    results = race(store, [take] * 4)
    assert losers(results) == []
    assert sorted(number for numbers in results for number in numbers) == list(range(1, 41))


def test_an_act_that_fails_gives_its_number_back(store: Flask, now: datetime) -> None:
    def fail(work: UnitOfWork) -> None:
        counters.take(work.session, "letters")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 # our own, above
        transact(fail, actor=SYSTEM, now=now)
    assert transact(lambda work: counters.take(work.session, "letters"), actor=SYSTEM, now=now) == 1


def test_race_of_two_publications(store: Flask, now: datetime) -> None:
    def publish(work: UnitOfWork, digest: str) -> int:
        return deployments.add(work, "a-programme", digest, {"a.bpmn": b"<a/>"}, {}).version

    results = race(store, [lambda d=d: transact(publish, d, actor=SYSTEM, now=now) for d in ("one", "two", "three")])
    assert sorted(results) == [1, 2, 3]
    newest = deployments.newest(db.session(), "a-programme")
    assert newest is not None
    assert deployments.files_of(db.session(), newest) == {"a.bpmn": b"<a/>"}
