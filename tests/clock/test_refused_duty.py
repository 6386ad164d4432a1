"""A duty whose case is refused: set aside with the reason and told once, tried again by a person, not by each tick."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.commands import deployments, duties, people
from service.domain.deadlines import start_of
from service.domain.errors import NotFound, WrongState
from service.domain.identity import Actor
from service.programmes.folder import read_folder
from service.store.audit import AuditEntry
from service.store.messages import Message
from service.store.register import Duty, RegisterEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.support.office import DATA, SAMPLE, Office

PLACE = f"bpmn/{SAMPLE}/programme.toml"
OWED = """
[duties.report]
name = "年度报告"
procedure = "{procedure}"
due = "05-31"
"""


def publish(office: Office, procedure: str) -> None:
    files = read_folder(DATA / "sample", SAMPLE)
    office.act(deployments.publish, {**files, PLACE: files[PLACE] + OWED.format(procedure=procedure).encode()}, SAMPLE)


@pytest.fixture
def owing(two_dates: Office) -> Office:
    """A filed centre owes a report on 31 May 2022, which the manifest begins by a procedure that needs an open call."""
    publish(two_dates, "two-dates")
    two_dates.person("office")

    def file(work: UnitOfWork) -> None:
        entry = RegisterEntry(
            number="示例备〔2021〕1号",
            programme=SAMPLE,
            name="示例中心",
            state="operating",
            entered_on=date(2021, 6, 1),
        )
        work.session.add(entry)
        work.session.flush()
        due_on = date(2022, 5, 31)
        work.session.add(Duty(register_entry_id=entry.id, kind="report", due_on=due_on, opens_at=start_of(due_on)))

    two_dates.act(file)
    return two_dates


@pytest.fixture
def admin(owing: Office) -> Actor:
    """Who administers for the authority."""
    return owing.actor(
        owing.act(
            people.add_user, login="admin", name="示例·管理员", organisation="sample-authority",
            roles=["administrator"], password="a fictional password",
        )
    )  # fmt: skip


def first(office: Office) -> Duty:
    return office.rows(db.select(Duty).order_by(Duty.due_on))[0]  # type: ignore[no-any-return]


def test_a_refused_duty_is_told_once_and_not_tried_at_each_tick(owing: Office, admin: Actor) -> None:
    opens = start_of(date(2022, 5, 31))
    for minute in range(4):
        owing.tick(opens + timedelta(minutes=minute))
    duty = first(owing)
    assert (duty.state, duty.case_id, (duty.refusal or {})["code"]) == ("refused", None, "not-allowed")
    assert (duty.refusal or {})["zh"]
    assert (duty.refusal or {})["en"]
    (told,) = owing.rows(db.select(Message).where(Message.title.startswith("义务没有自动发起")))
    assert (told.user_id, "示例中心的“年度报告”" in told.title) == (admin.user_id, True)
    assert owing.count(AuditEntry, AuditEntry.action == "duty-refused") == 1
    waiting = owing.rows(db.select(Duty.due_on).where(Duty.state == "waiting"))
    assert waiting == [date(2023, 5, 31)]  # what is owed next year does not wait for this


def test_it_is_opened_by_the_administrator_once_the_cause_is_mended(owing: Office, admin: Actor) -> None:
    owing.tick(start_of(date(2022, 5, 31)))
    assert owing.act(duties.try_again, first(owing).id, by=admin) is False
    assert first(owing).state == "refused"
    publish(owing, "")  # a date that is only shown
    assert owing.act(duties.try_again, first(owing).id, by=admin) is True
    assert (first(owing).state, first(owing).refusal) == ("open", None)
    with pytest.raises(WrongState):
        owing.act(duties.try_again, first(owing).id, by=admin)


def test_nobody_else_opens_it(owing: Office) -> None:
    owing.tick(start_of(date(2022, 5, 31)))
    with pytest.raises(NotFound):
        owing.act(duties.try_again, first(owing).id, by=owing.person("office"))
