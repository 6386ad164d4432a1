"""A request sent twice is done once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.domain.errors import Conflict
from service.domain.identity import SYSTEM
from service.store import request_keys
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.factories import make_organisation
from tests.support.races import race


def submit(work: UnitOfWork, key: str) -> int:
    receipt = make_organisation(work.session).id
    request_keys.remember(work.session, key, {"receipt": receipt}, actor_id=1, at=work.now)
    return receipt


def test_race_of_a_double_click(store: Flask, now: datetime) -> None:
    """Without the unique key the second copy would act again before it could see the first."""

    def sent() -> int | None:
        try:
            return transact(submit, "form-1", actor=SYSTEM, now=now)
        except Conflict:
            return None

    results = race(store, [sent] * 4)
    assert sum(result is not None for result in results) == 1
    assert db.session.scalar(select(func.count(Organisation.id))) == 1


def test_a_refused_request_may_be_sent_again(store: Flask, now: datetime) -> None:
    def refused(work: UnitOfWork) -> None:
        submit(work, "form-1")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 # our own, above
        transact(refused, actor=SYSTEM, now=now)
    assert transact(submit, "form-1", actor=SYSTEM, now=now)


def test_old_keys_are_forgotten(store: Flask, now: datetime) -> None:
    transact(submit, "form-1", actor=SYSTEM, now=now)
    assert request_keys.forget(db.session(), now) == 0
    assert request_keys.forget(db.session(), now + timedelta(days=1)) == 1
