"""A stored deployment and a stored case: compiled once, read as far as a model asks, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from service.domain.deadlines import ZONE
from service.domain.errors import NotFound
from service.domain.identity import SYSTEM
from service.programmes.case_values import read_case
from service.programmes.closure import freeze
from service.programmes.compiled import compiled_of
from service.store import calendars, deployments
from service.store.calls import Call
from service.store.cases import Case, CaseEvent
from service.store.deadlines import Deadline
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.programmes_room.sample import KEY, sample_files
from tests.support.databases import statements
from tests.support.factories import make_case, make_organisation

NOW = datetime(2025, 4, 10, 2, tzinfo=UTC)


def publish(work: UnitOfWork) -> int:
    closure = freeze(sample_files(), KEY)
    return deployments.add(work, KEY, closure.digest, closure.files, {"name": closure.manifest.name}).id


@pytest.fixture
def deployment(store: Flask) -> int:
    return transact(publish, actor=SYSTEM, now=NOW)


@pytest.fixture
def case(store: Flask, deployment: int) -> Case:
    calendars.seed(db.session())
    lead, office = (make_organisation(db.session, name=name) for name in ("甲公司", "市局"))
    call = Call(
        programme=KEY,
        key="2025",
        year=2025,
        title="2025年度",
        opens_on=date(2025, 4, 8),
        closes_on=date(2025, 4, 15),
        dates={"submission": "2025-04-15"},
        status="open",
    )
    db.session.add(call)
    db.session.flush()
    made = make_case(db.session, applicant_id=lead.id, authority_id=office.id, competent_id=None)
    made.call_id, made.deployment_id = call.id, deployment
    db.session.flush()
    return made


def test_a_deployment_is_compiled_from_its_rows_and_then_from_memory(store: Flask, deployment: int) -> None:
    first = compiled_of(db.session(), deployment)
    assert first.digest == freeze(sample_files(), KEY).digest
    db.session.expunge_all()
    with statements(store) as counted:
        assert compiled_of(db.session(), deployment) is first
    assert len(counted.texts) == 1


def test_no_deployment_is_not_found(store: Flask) -> None:
    with pytest.raises(NotFound):
        compiled_of(db.session(), 99)


def test_the_call_gives_its_dates_and_the_day_it_opens_and_closes(case: Case) -> None:
    reading = read_case(db.session(), case, compiled_of(db.session(), case.deployment_id), now=NOW)
    assert reading.times.call_dates == {
        "submission": date(2025, 4, 15),
        "call-open": date(2025, 4, 8),
        "call-close": date(2025, 4, 15),
    }
    assert reading.functions["deadline"].call("submission") == datetime(2025, 4, 16, tzinfo=ZONE)


def test_an_event_and_an_extension_are_read_from_the_case(case: Case) -> None:
    programme = compiled_of(db.session(), case.deployment_id)
    db.session.add(CaseEvent(case_id=case.id, name="training-held", on_date=date(2025, 4, 24), at=NOW))
    db.session.flush()
    due = datetime(2025, 5, 12, 17, 30, tzinfo=ZONE)
    assert read_case(db.session(), case, programme, now=NOW).functions["deadline"].call("paper-delivery") == due
    later = datetime(2025, 5, 20, 9, 30, tzinfo=UTC)
    db.session.add(Deadline(case_id=case.id, name="paper-delivery", anchor_on=date(2025, 4, 24), due_at=later))
    db.session.flush()
    assert read_case(db.session(), case, programme, now=NOW).functions["deadline"].call("paper-delivery") == later


def test_the_parties_of_a_case_hold_its_roles(case: Case) -> None:
    reading = read_case(db.session(), case, compiled_of(db.session(), case.deployment_id), now=NOW)
    assert reading.group_keys("lead") == [f"lead@{case.applicant_id}"]
    assert reading.group_keys("office") == [f"office@{case.authority_id}"]
    assert reading.group_keys("nobody") == []
