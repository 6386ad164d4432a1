"""A request sent twice is done once, and both get the same answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

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


def submit(work: UnitOfWork, key: str, person: int = 1) -> dict[str, Any]:
    earlier = request_keys.claim(work.session, key, actor_id=person, at=work.now)
    if earlier is not None:
        return earlier
    answer = {"receipt": make_organisation(work.session).id}
    request_keys.answer(work.session, key, answer)
    return answer


def test_race_of_a_double_click(store: Flask, now: datetime) -> None:
    """Without the unique key the second copy would act again before it could see the first."""
    results = race(store, [lambda: transact(submit, "form-1", actor=SYSTEM, now=now)] * 4)
    assert len({result["receipt"] for result in results}) == 1
    assert db.session.scalar(select(func.count(Organisation.id))) == 1


def test_a_refused_request_may_be_sent_again(store: Flask, now: datetime) -> None:
    def refused(work: UnitOfWork) -> None:
        submit(work, "form-1")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 # our own, above
        transact(refused, actor=SYSTEM, now=now)
    assert transact(submit, "form-1", actor=SYSTEM, now=now)["receipt"]


def test_the_key_of_somebody_else_is_no_answer(store: Flask, now: datetime) -> None:
    transact(submit, "form-1", 1, actor=SYSTEM, now=now)
    with pytest.raises(Conflict):
        transact(submit, "form-1", 2, actor=SYSTEM, now=now)


def test_old_keys_are_forgotten(store: Flask, now: datetime) -> None:
    transact(submit, "form-1", actor=SYSTEM, now=now)
    assert request_keys.forget(db.session(), now) == 0
    assert request_keys.forget(db.session(), now + timedelta(days=1)) == 1
