"""A deadline is extended before it is over, for one case or a whole call: timers, alarms, page and trail follow."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as db

from service.commands import calls, deployments, extensions
from service.domain.deadlines import ExtensionTooLong, end_of
from service.domain.errors import DeadlinePassed, InvalidInput, NotAllowed, NotFound, WrongState
from service.domain.identity import Actor
from service.programmes.folder import read_folder
from service.store.audit import AuditEntry
from service.store.calls import Call
from service.store.messages import Message
from service.store.timers import Timer
from tests.support.office import DATA, SAMPLE, Office

NAME, LATER = "submission", date(2022, 4, 29)
WHY = "系统停机两天，顺延申报截止日期"


@pytest.fixture(autouse=True)
def call(two_dates: Office) -> None:
    """The call of the year, with its last day on 15 April 2022."""
    dates = {NAME: date(2022, 4, 15)}
    given = {"key": "2022", "year": 2022, "title": "2022 年", "opens_on": date(2022, 3, 1)}
    two_dates.act(calls.open_call, two_dates.programme, dates=dates, **given)


@pytest.fixture
def admin(two_dates: Office) -> Actor:
    """An administrator of the authority."""
    office = two_dates.person("office")
    return _with_role(office, "administrator")


def test_a_whole_call_is_extended_with_its_cases(two_dates: Office, admin: Actor) -> None:
    call = _call(two_dates)
    two_dates.start("two-dates")
    two_dates.start("two-dates")
    before = two_dates.open_tasks("submit")[0].due_at
    assert before is not None
    assert two_dates.act(extensions.extend_call, call.id, NAME, LATER, WHY, by=admin) == 2
    tasks = two_dates.open_tasks("submit")
    assert {task.due_at for task in tasks} == {end_of(LATER)}
    assert tasks[0].due_reason is not None
    assert tasks[0].due_reason["extended"][0]["why"] == WHY
    assert {timer.due_at for timer in two_dates.rows(db.select(Timer).where(Timer.deadline == NAME))} >= {end_of(LATER)}
    assert not two_dates.count(Timer, Timer.due_at == before)
    assert _call(two_dates).dates[NAME] == LATER.isoformat()
    assert two_dates.count(AuditEntry, AuditEntry.action == "deadline-extended") == 2
    assert two_dates.count(Message, Message.title.contains("延期")) == 2
    two_dates.tick(before)
    assert len(two_dates.open_tasks("submit")) == 2
    two_dates.tick(end_of(LATER))
    assert not two_dates.open_tasks("submit")


def test_a_declaration_begun_afterwards_has_the_new_date(two_dates: Office, admin: Actor) -> None:
    two_dates.act(extensions.extend_call, _call(two_dates).id, NAME, LATER, WHY, by=admin)
    two_dates.start("two-dates")
    assert two_dates.open_task("submit").due_at == end_of(LATER)


def test_one_case_is_extended_alone(two_dates: Office) -> None:
    first, second = two_dates.start("two-dates"), two_dates.start("two-dates")
    before = two_dates.open_task("submit", second).due_at
    two_dates.act(extensions.extend_case, first, NAME, LATER, WHY, by=two_dates.person("office"))
    assert two_dates.open_task("submit", first).due_at == end_of(LATER)
    assert two_dates.open_task("submit", second).due_at == before


def test_a_deadline_that_is_over_is_not_revived(two_dates: Office, admin: Actor) -> None:
    case_id = two_dates.start("two-dates")
    before = two_dates.open_task("submit").due_at
    assert before is not None
    two_dates.now = before  # whether or not the clock has ticked
    with pytest.raises(DeadlinePassed):
        two_dates.act(extensions.extend_call, _call(two_dates).id, NAME, LATER, WHY, by=admin)
    with pytest.raises(DeadlinePassed):
        two_dates.act(extensions.extend_case, case_id, NAME, LATER, WHY, by=two_dates.person("office"))
    two_dates.now = before - timedelta.resolution
    two_dates.act(extensions.extend_case, case_id, NAME, LATER, WHY, by=two_dates.person("office"))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"until": date(2020, 1, 1)}, InvalidInput),
        ({"why": "  "}, InvalidInput),
        ({"why": "长" * 501}, InvalidInput),
        ({"name": "no-such-deadline"}, NotFound),
    ],
    ids=["earlier", "no reason", "too long", "unknown"],
)
def test_what_is_no_extension_is_refused(
    change: dict[str, Any], refusal: type[Exception], two_dates: Office, admin: Actor
) -> None:
    two_dates.start("two-dates")
    before = two_dates.open_task("submit").due_at
    given = {"name": NAME, "until": LATER, "why": WHY, **change}
    with pytest.raises(refusal):
        two_dates.act(extensions.extend_call, _call(two_dates).id, *given.values(), by=admin)
    assert two_dates.open_task("submit").due_at == before


def test_a_rule_bounds_how_far_it_is_extended(two_dates: Office) -> None:
    """One month from the first last day, 15 April, in one step or two; what is refused changes nothing."""
    files = read_folder(DATA / "sample", SAMPLE)
    place = f"bpmn/{SAMPLE}/programme.toml"
    bounded = files[place].replace(b'starts = "call"\n', b'starts = "call"\nextension_months = 1\n', 1)
    two_dates.act(deployments.publish, {**files, place: bounded}, SAMPLE)
    case_id, office = two_dates.start("two-dates"), two_dates.person("office")
    two_dates.act(extensions.extend_case, case_id, NAME, LATER, WHY, by=office)
    for beyond in (date(2022, 5, 16), date(2022, 5, 29)):
        with pytest.raises(ExtensionTooLong) as refused:
            two_dates.act(extensions.extend_case, case_id, NAME, beyond, WHY, by=office)
    assert "最多顺延 1 个月，由 2022年4月15日 起算，最迟到 2022年5月15日" in refused.value.text("zh")
    assert two_dates.open_task("submit").due_at == end_of(LATER)
    two_dates.act(extensions.extend_case, case_id, NAME, date(2022, 5, 15), WHY, by=office)


def test_only_the_authority_extends(two_dates: Office) -> None:
    case_id = two_dates.start("two-dates")
    with pytest.raises(NotFound):
        two_dates.act(extensions.extend_call, _call(two_dates).id, NAME, LATER, WHY, by=two_dates.person("office"))
    with pytest.raises(NotAllowed):
        two_dates.act(extensions.extend_case, case_id, NAME, LATER, WHY, by=two_dates.person("lead"))
    with pytest.raises(WrongState):
        two_dates.act(extensions.extend_case, case_id, "paper-delivery", LATER, WHY, by=two_dates.person("office"))


def _call(office: Office) -> Call:
    (call,) = office.rows(db.select(Call))
    return call


def _with_role(actor: Actor, role: str) -> Actor:
    from dataclasses import replace  # noqa: PLC0415 # only here

    from service.domain.identity import Grant  # noqa: PLC0415 # only here

    place = next(iter(actor.roles))
    return replace(actor, roles=actor.roles | {Grant(role, place.organisation_id, place.path)})
