"""The two dates of a notice: a call that closes on 15 April, and paper due ten working days after a training."""

from __future__ import annotations

import time as time_of_the_machine
from datetime import UTC, date, datetime, time, timedelta

import pytest

from service.commands import calls, dated_events, deployments
from service.commands.intake import IntakeClosed
from service.domain.deadlines import ZONE, local_date
from service.domain.errors import DeadlinePassed, InvalidInput
from service.programmes.folder import read_folder
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.session import db
from service.store.timers import Timer
from service.store.user_tasks import UserTask
from tests.support.office import DATA, SAMPLE, Office

DECLARATION = {"project_name": "示例项目", "member_count": 8, "funds_wan": 120.5, "truthful": True}
RECEIVED = {"copies": 2, "way": "in_person"}
CLOSES = date(2022, 4, 15)
TRAINED = date(2022, 9, 26)
TICK = timedelta(microseconds=1)


def beijing(day: date, hour: time = time()) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


MIDNIGHT = beijing(date(2022, 4, 16))
PAPER_DUE = beijing(date(2022, 10, 13), time(17, 30))


def declare(office: Office) -> int:
    """A case of the call that closes on 15 April, waiting for its declaration."""
    office.act(
        calls.open_call, office.programme, key="2022-1", year=2022, title="2022年第一批", opens_on=date(2022, 3, 20),
        dates={"submission": CLOSES},
    )  # fmt: skip
    return office.start("two-dates")


def submit(office: Office) -> None:
    office.complete(office.open_task("submit").id, DECLARATION, office.person("lead"))


def trained(office: Office) -> int:
    """The same case after its training on 26 September, waiting for its paper."""
    case_id = declare(office)
    submit(office)
    office.now = beijing(TRAINED, time(16, 0))
    office.act(dated_events.record_event, case_id, "training-held", TRAINED, by=office.person("office"))
    return case_id


def case(office: Office, case_id: int) -> Case:
    (found,) = office.rows(db.select(Case).where(Case.id == case_id))
    return found


def fired(office: Office) -> list[str]:
    """The elements whose timers fired, in order."""
    entries = office.rows(db.select(AuditEntry).where(AuditEntry.action == "timer-fired").order_by(AuditEntry.id))
    return [entry.details["element"] for entry in entries]


def test_the_call_closes_with_the_end_of_15_april(two_dates: Office) -> None:
    declare(two_dates)
    task = two_dates.open_task("submit")
    assert task.due_at == MIDNIGHT == datetime(2022, 4, 15, 16, 0, tzinfo=UTC)
    assert (task.deadline, (task.due_reason or {})["last_on"]) == ("submission", "2022-04-15")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_the_machines_own_zone_changes_nothing(two_dates: Office, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time_of_the_machine.tzset()
    try:
        case_id = declare(two_dates)
        assert two_dates.open_task("submit").due_at == MIDNIGHT
        two_dates.tick(MIDNIGHT - TICK)
        assert case(two_dates, case_id).ended_at is None
        two_dates.tick(MIDNIGHT)
        assert case(two_dates, case_id).ended_at == MIDNIGHT
    finally:
        monkeypatch.undo()
        time_of_the_machine.tzset()


def test_the_last_moment_of_15_april_is_in_time(two_dates: Office) -> None:
    case_id = declare(two_dates)
    two_dates.tick(MIDNIGHT - TICK)
    submit(two_dates)
    assert case(two_dates, case_id).state == "submitted"


def test_midnight_is_too_late_though_the_clock_has_not_ticked(two_dates: Office) -> None:
    case_id = declare(two_dates)
    two_dates.now = MIDNIGHT
    with pytest.raises(DeadlinePassed, match="15 April 2022, 24:00"):
        submit(two_dates)
    assert two_dates.open_task("submit", case_id).status == "open"
    two_dates.tick()
    assert (case(two_dates, case_id).outcome, two_dates.open_tasks()) == ("lapsed", [])


def test_the_clock_closes_the_call_once(two_dates: Office) -> None:
    case_id = declare(two_dates)
    two_dates.tick(MIDNIGHT - TICK)
    assert case(two_dates, case_id).ended_at is None
    for _ in range(3):
        two_dates.tick(MIDNIGHT)
    assert fired(two_dates) == ["remind", "closed"]
    assert case(two_dates, case_id).ended_at == MIDNIGHT
    assert two_dates.count(UserTask, UserTask.status == "cancelled") == 1


def test_a_clock_that_was_down_for_months_closes_it_once_when_it_is_back(two_dates: Office) -> None:
    case_id = declare(two_dates)
    two_dates.tick(MIDNIGHT + timedelta(days=90))
    two_dates.tick()
    assert case(two_dates, case_id).outcome == "lapsed"
    assert fired(two_dates) == ["remind", "closed"]  # one reminder for the three that were missed
    assert two_dates.count(Timer) == 0


def test_a_declaration_belongs_to_the_call_of_its_day(two_dates: Office) -> None:
    with pytest.raises(IntakeClosed, match="no call is open"):
        two_dates.start("two-dates")
    case_id = declare(two_dates)
    assert case(two_dates, case_id).call_id is not None
    two_dates.now = MIDNIGHT
    with pytest.raises(IntakeClosed):
        two_dates.start("two-dates")


def test_a_rule_takes_nothing_new_after_its_last_day(two_dates: Office) -> None:
    declare(two_dates)
    last = local_date(two_dates.now)
    files = read_folder(DATA / "sample", SAMPLE)
    place = f"bpmn/{SAMPLE}/programme.toml"
    ending = files[place].replace(b'intake = "batch"', f'intake = "batch"\neffective_to = {last}'.encode())
    two_dates.act(deployments.publish, {**files, place: ending}, SAMPLE)
    two_dates.start("two-dates")  # its last day is one of its days
    two_dates.now += timedelta(days=1)
    with pytest.raises(IntakeClosed, match="its rule ended"):
        two_dates.start("two-dates")


def test_a_call_names_the_deadlines_it_may_name(two_dates: Office) -> None:
    with pytest.raises(InvalidInput, match="paper-delivery"):
        two_dates.act(
            calls.open_call, two_dates.programme, key="2022-2", year=2022, title="第二批", opens_on=date(2022, 3, 1),
            dates={"paper-delivery": CLOSES},
        )  # fmt: skip


def test_ten_working_days_after_a_training_pass_over_the_national_day_holidays(two_dates: Office) -> None:
    """27-30 September are four, 8 and 9 October are made up, 10-13 October are four: the tenth is 13 October."""
    trained(two_dates)
    task = two_dates.open_task("receive")
    assert task.due_at == PAPER_DUE == datetime(2022, 10, 13, 9, 30, tzinfo=UTC)
    reason = task.due_reason or {}
    assert (reason["anchor"], reason["count"], reason["last_on"], reason["end"]) == (
        "2022-09-26", 10, "2022-10-13", "17:30",
    )  # fmt: skip
    assert [one["name"] for one in reason["skipped"]] == ["国庆节"]
    (row,) = two_dates.rows(db.select(Deadline).where(Deadline.name == "paper-delivery"))
    assert (row.due_at, row.state) == (PAPER_DUE, "running")


def test_paper_a_moment_before_half_past_five_is_in_time(two_dates: Office) -> None:
    case_id = trained(two_dates)
    two_dates.tick(PAPER_DUE - TICK)
    two_dates.complete(two_dates.open_task("receive").id, RECEIVED, two_dates.person("office"))
    assert case(two_dates, case_id).outcome == "accepted"
    assert two_dates.count(Timer) == 0


def test_paper_at_half_past_five_is_too_late_though_the_clock_has_not_ticked(two_dates: Office) -> None:
    case_id = trained(two_dates)
    two_dates.now = PAPER_DUE
    with pytest.raises(DeadlinePassed, match="13 October 2022, 17:30"):
        two_dates.complete(two_dates.open_task("receive").id, RECEIVED, two_dates.person("office"))
    two_dates.tick()
    assert (case(two_dates, case_id).outcome, case(two_dates, case_id).ended_at) == ("late", PAPER_DUE)


def test_the_clock_ends_the_delivery_once(two_dates: Office) -> None:
    case_id = trained(two_dates)
    two_dates.tick(PAPER_DUE - TICK)
    assert case(two_dates, case_id).ended_at is None
    for _ in range(3):
        two_dates.tick(PAPER_DUE)
    assert (fired(two_dates), case(two_dates, case_id).outcome) == (["paper-late"], "late")
