"""A call's dates that lean on one another, a department's own cut-off, and a dispatch of several cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.commands import calendar, calls, cases, extensions, people
from service.domain.errors import DeploymentRefused, FormInvalid, InvalidInput, NotAllowed, WrongState
from service.domain.identity import SYSTEM
from service.programmes.manifest import read_manifest
from service.queries import dockets
from service.queries import extensions as ahead
from service.queries.cut_offs import cut_offs
from service.settings import ROOT
from service.simulator.cast import PASSWORD
from service.simulator.driver import Driver
from service.simulator.story import read_story
from service.store.calls import Call
from service.store.cases import Case
from service.store.dispatches import DispatchItem
from service.store.messages import Message
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.office import Office, open_office, whole
from tests.support.races import losers, race

KEY = "jilin-manufacturing-innovation-centre"
OPENED = date(2025, 4, 8)
DISPATCH = {"summary-dispatch": date(2025, 4, 15)}
STORY = ROOT / "bpmn" / KEY / "stories" / "one-of-two-returned.toml"
WHY = "系统停机两天，顺延报送"


@pytest.fixture
def province(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    """The programme with a dispatch, on the day its notice came out, nine o'clock in Beijing."""
    with whole(sqlite_url, tmp_path) as app:
        yield open_office(app, KEY, datetime(2025, 4, 8, 1, 0, tzinfo=UTC), ROOT)


def _open(office: Office, dates: dict[str, date], opens_on: date = OPENED) -> int:
    opened: int = office.act(
        calls.open_call, KEY, key="2025-5", year=2025, title="第五批", opens_on=opens_on, dates=dates
    )
    return opened


@pytest.mark.parametrize(
    ("last", "cut_off", "closed"),
    [
        (date(2025, 4, 15), "2025-04-11", "2025-04-16"),
        (date(2025, 5, 6), "2025-04-29", "2025-05-07"),  # Labour Day, and nobody works on 1 to 5 May
        (date(2025, 10, 9), "2025-09-29", "2025-10-10"),  # National Day
    ],
)
def test_dates_that_lean_on_another_are_counted_in_working_days(
    province: Office, last: date, cut_off: str, closed: str
) -> None:
    _open(province, {"summary-dispatch": last})
    (call,) = province.rows(select(Call))
    assert (call.dates["submission"], call.dates["paper-delivery"]) == (cut_off, cut_off)
    assert call.dates["dispatch-close"] == closed
    assert call.closes_on == date.fromisoformat(cut_off)


@pytest.mark.parametrize(
    ("dates", "opens_on", "field"),
    [
        ({**DISPATCH, "submission": date(2025, 4, 16)}, OPENED, "网上申报截止"),
        ({**DISPATCH, "dispatch-close": date(2025, 4, 14)}, OPENED, "报送登记截止"),
        (DISPATCH, date(2025, 4, 14), "网上申报截止"),
    ],
)
def test_dates_that_contradict_each_other_are_refused_by_name(
    province: Office, dates: dict[str, date], opens_on: date, field: str
) -> None:
    with pytest.raises(InvalidInput, match=field):
        _open(province, dates, opens_on)


def test_a_city_sets_the_cut_off_of_its_own_units(province: Office) -> None:
    call_id = _open(province, DISPATCH)
    head = province.person("local-head")
    with pytest.raises(InvalidInput, match="纸质材料登记截止"):
        province.act(calls.set_local_date, call_id, "submission", date(2025, 4, 15), by=head)
    for role, name in (("office", "submission"), ("local-head", "summary-dispatch"), ("local-head", "local-review")):
        with pytest.raises(NotAllowed):
            province.act(calls.set_local_date, call_id, name, date(2025, 4, 14), by=province.person(role))
    province.act(calls.set_local_date, call_id, "submission", date(2025, 4, 14), by=head)
    province.start("manufacturing-centre-cultivation")
    assert province.open_task("fill").due_at == datetime(2025, 4, 14, 9, 30, tzinfo=UTC)
    with pytest.raises(WrongState):
        province.act(calls.set_local_date, call_id, "submission", date(2025, 4, 10), by=head)
    province.now += timedelta(days=1)
    with pytest.raises(InvalidInput) as refused:
        province.act(calls.set_local_date, call_id, "submission", OPENED, by=head)
    assert refused.value.text("zh").endswith("2025年4月8日 已经过去；请选今天或以后的日期")


def test_a_city_and_its_units_hear_of_a_call_by_the_city_s_own_date(province: Office) -> None:
    """Opened on the 8th, told once; reminded three working days before the city's own cut-off, the 14th."""
    lead, head = province.person("lead"), province.person("local-head")
    call_id = _open(province, DISPATCH)
    for _ in range(2):
        province.tick(datetime(2025, 4, 8, 1, 0, tzinfo=UTC))
    opened = set(province.rows(select(Message.group_key).where(Message.title == "批次开放：“第五批”")))
    assert opened & lead.groups
    assert opened & head.groups
    assert province.count(Message) == len(opened)
    province.act(calls.set_local_date, call_id, "submission", date(2025, 4, 14), by=head)
    province.tick(datetime(2025, 4, 9, 0, 59, tzinfo=UTC))
    assert province.count(Message) == len(opened)
    province.tick(datetime(2025, 4, 9, 1, 0, tzinfo=UTC))
    reminded = province.rows(select(Message).where(Message.title.startswith("批次提醒")))
    assert {one.title for one in reminded} == {"批次提醒：“第五批”将于 2025年4月14日 17:30 截止申报"}
    assert {one.group_key for one in reminded} == opened - lead.groups
    province.act(extensions.extend_call, call_id, "dispatch-close", date(2025, 4, 18), WHY)
    later = province.rows(select(Message.group_key).where(Message.title.startswith("批次延期")))
    assert set(later) == opened - lead.groups


def test_no_extension_goes_beyond_the_date_that_follows(province: Office) -> None:
    call_id = _open(province, DISPATCH)
    driver = Driver(province.cast, KEY, province.now)
    driver.start(_CASES[0], "lead")
    (case_id,), office = driver.case_ids.values(), province.person("office")
    last, beyond = DISPATCH["summary-dispatch"], DISPATCH["summary-dispatch"] + timedelta(days=1)
    with pytest.raises(InvalidInput) as refused:
        province.act(extensions.extend_case, case_id, "submission", beyond, WHY, by=office)
    told = "不能晚于“汇总报送”的 2025年4月15日；确需更晚的，先给批次延“汇总报送”"
    assert told in refused.value.text("zh")
    rules = read_manifest((ROOT / "bpmn" / KEY / "programme.toml").read_bytes())
    (running,) = (one for one in ahead.periods_of(db.session(), case_id, province.now) if one.rule.key == "submission")
    assert (running.latest_on, running.limit and running.limit.key) == (last, "summary-dispatch")
    dates = {one.rule.key: one for one in ahead.dates_of(db.session(), call_id, rules, province.now)}
    bounds = {name: (one.latest_on, one.limit and one.limit.key) for name, one in dates.items()}
    assert bounds["submission"] == (date(2025, 4, 14), "paper-close"), "what the page says before one tries"
    assert bounds["summary-dispatch"] == (date(2025, 4, 16), "dispatch-close")
    with pytest.raises(InvalidInput, match="registering dispatches"):
        province.act(extensions.extend_call, call_id, "summary-dispatch", date(2025, 4, 17), WHY)
    with pytest.raises(InvalidInput, match="must not be after"):
        province.act(extensions.extend_call, call_id, "submission", last, WHY)
    dated = (calendar.import_year, 'year = 2026\nsource = "测试"\n[holidays]\n"元旦" = ["2026-01-01"]\n')
    assert province.act(*dated) == [], "what a call names is no count, and no calendar moves it"
    province.act(extensions.extend_case, case_id, "submission", last, WHY, by=office)


def test_race_of_a_city_with_an_extension_of_the_call(province: Office) -> None:
    call_id, head = _open(province, DISPATCH), province.person("local-head")
    at = {"now": province.now}
    for day in range(17, 25):
        own, later = date(2025, 4, 10 + day % 2), date(2025, 4, day)
        local = partial(transact, calls.set_local_date, call_id, "submission", own, actor=head, **at)
        extend = partial(transact, extensions.extend_call, call_id, "dispatch-close", later, WHY, actor=SYSTEM, **at)
        assert losers(race(province.app, [local, extend])) == []
        (call,) = province.rows(select(Call))
        kept = (call.dates[f"submission@{head.organisation_id}"], call.dates["dispatch-close"])
        assert kept == (own.isoformat(), later.isoformat())


def test_reminders_that_are_over_before_the_window_opens_are_none(province: Office) -> None:
    _open(province, DISPATCH)
    province.start("manufacturing-centre-cultivation")
    told = [alarm for alarm in province.open_task("fill").alarms if alarm["kind"] == "reminder"]
    assert [alarm["at"][:16] for alarm in told] == ["2025-04-10T01:00", "2025-04-11T01:00"]


def test_no_dispatch_without_a_call(province: Office) -> None:
    with pytest.raises(NotAllowed, match="no call is open"):
        province.start("summary-dispatch", "local-clerk")


def test_a_dispatch_belongs_to_the_call_whose_cases_wait_though_another_has_opened(province: Office) -> None:
    driver = _played_to(province, "accept")
    later = {"key": "2025-6", "year": 2025, "title": "第六批", "opens_on": date(2025, 4, 10)}
    province.act(calls.open_call, KEY, **later, dates={"summary-dispatch": date(2025, 6, 10)})
    for step in read_story(STORY).steps:
        if driver.is_open(step.task):
            driver.play(step)
        if step.start == "summary-dispatch":
            driver.play(step)
            break
    assert [task.due_at for task in province.open_tasks("pick")] == [datetime(2025, 4, 15, 16, 0, tzinfo=UTC)]


def test_a_case_withdrawn_after_it_was_picked_goes_no_further_and_holds_up_no_other(province: Office) -> None:
    driver = _played_to(province, "send")
    first, second = (driver.case_ids[name] for name in _CASES)
    province.act(cases.withdraw, second, "示例：组建方案调整", by=_lead_of(driver, province, second))
    _play(driver, "一并报送材料")
    assert province.rows(select(DispatchItem.result).order_by(DispatchItem.position)) == ["sent", "withdrawn"]
    assert province.rows(select(Case.outcome).where(Case.id == second)) == ["withdrawn"]
    (receive,) = province.open_tasks("receive")
    numbers = province.rows(select(Case.number).where(Case.id == first))
    assert [item["number"] for item in receive.inputs["items"]] == numbers
    listed = dockets.dispatched(db.session(), receive.case_id)
    assert [(row.case_id, row.decision) for row in listed] == [(first, "sent"), (second, "withdrawn")]


def test_only_what_the_department_recommends_can_be_picked(province: Office) -> None:
    driver = _played_to(province, "pick")
    (task,) = province.open_tasks("pick")
    clerk = driver.cast.of_role("local-clerk", driver.now)
    with pytest.raises(FormInvalid):
        province.complete(task.id, {"case_ids": [str(task.case_id)]}, by=clerk)
    first, second = (driver.case_ids[name] for name in _CASES)

    def comes_late(work: UnitOfWork) -> None:
        case = work.session.get_one(Case, second)
        case.ended_at, case.outcome, case.state = work.now, "late", "late"

    province.act(comes_late)
    with pytest.raises(FormInvalid) as refused:
        province.complete(task.id, {"case_ids": [str(first), str(second)]}, by=clerk)
    (problem,) = refused.value.details["submission"].problems
    assert problem.line("zh").endswith("所选的项已不在可选范围内，请重新选择")
    assert problem.line("en").endswith("The choice is no longer offered; choose again")
    province.complete(task.id, {"case_ids": [str(first)]}, by=clerk)  # one that is late holds up none of the others


def test_a_department_of_another_authority_has_no_date_to_set(province: Office) -> None:
    _open(province, {"summary-dispatch": date(2025, 4, 15)})
    province.act(people.add_organisation, code="elsewhere", name="示例外省市局", kind="competent")
    logins = {"county": "示例·本省经办人", "elsewhere": "示例·外省经办人"}
    mine, stranger = (
        province.actor(
            province.act(
                people.add_user, login=place, name=name, organisation=place, roles=("local-clerk",), password=PASSWORD
            )
        )
        for place, name in logins.items()
    )
    abroad = replace(stranger, roles=stranger.roles | {replace(next(iter(mine.roles)), role="office")})
    found = [len(cut_offs(db.session(), actor, OPENED)) for actor in (mine, stranger, abroad)]
    assert found == [2, 0, 0]
    (call,) = province.rows(select(Call))
    before, day = dict(call.dates), date(2025, 4, 10)
    for actor in (stranger, abroad, replace(mine, organisation_id=stranger.organisation_id)):
        with pytest.raises(NotAllowed, match="department"):
            province.act(calls.set_local_date, call.id, "submission", day, by=actor)
    assert [one.dates for one in province.rows(select(Call))] == [before]


def test_who_picked_the_cases_does_not_sign_for_them(province: Office) -> None:
    _played_to(province, "pick")
    roles = ("local-clerk", "local-head")
    added = province.act(
        people.add_user, login="both", name="示例·一人两职", organisation="county", roles=roles, password=PASSWORD
    )
    both = province.actor(added)
    wanted = province.rows(select(Case.id).where(Case.applicant_id.is_not(None)))
    province.complete(province.open_task("pick").id, {"case_ids": [str(case_id) for case_id in wanted]}, by=both)
    signed = {"approved": "yes", "signer_name": "示例", "signed_on": "2025-04-14"}
    with pytest.raises(NotAllowed):
        province.complete(province.open_task("sign").id, signed, by=both)


def test_the_date_ends_the_dispatch_to_the_second(province: Office) -> None:
    driver = _played_to(province, "send")
    last = datetime(2025, 4, 15, 15, 59, 59, tzinfo=UTC)
    driver.advance_to(last)
    assert province.open_tasks("send")
    driver.advance_to(datetime(2025, 4, 15, 16, 0, tzinfo=UTC))
    assert not province.open_tasks("send")
    assert province.rows(select(Case.outcome).where(Case.applicant_id.is_not(None))) == ["late", "late"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('starts = "call"\nbefore = "last"', "manifest-leaning"),
        ('starts = "stage"\nbefore = "last"\nworking_days = 2', "manifest-leaning"),
        ('starts = "call"\nbefore = "last"\nafter = "last"\nworking_days = 2', "manifest-leaning"),
        ('starts = "call"\nbefore = "nowhere"\nworking_days = 2', "manifest-unknown-name"),
        ('starts = "call"\nbefore = "early"\nworking_days = 2', "manifest-circle"),
    ],
)
def test_a_rule_that_leans_wrongly_is_refused(rule: str, code: str) -> None:
    text = (
        'key = "a"\nname = "甲"\nauthority = "x"\nstatus = "draft"\n[procedures.p]\nname = "乙"\n'
        '[deadlines.last]\nname = "末"\nstarts = "call"\n'
        '[deadlines.other]\nname = "中"\nstarts = "call"\nbefore = "last"\nworking_days = 1\n'
        f'[deadlines.early]\nname = "早"\n{rule}\n'
    )
    with pytest.raises(DeploymentRefused) as refused:
        read_manifest(text)
    assert [problem.code for problem in refused.value.problems] == [code]


_CASES = ("manufacturing-centre-cultivation", "manufacturing-centre-cultivation#2")


def _played_to(office: Office, element: str) -> Driver:
    """Both units of the story have come as far as this task."""
    _open(office, DISPATCH)
    story = read_story(STORY)
    driver = Driver(office.cast, KEY, office.now)
    driver.start(story.procedure, "lead")
    for step in story.steps:
        if driver.is_open(element):
            break
        driver.play(step)
    office.now = driver.now
    return driver


def _play(driver: Driver, task: str) -> None:
    (step,) = [one for one in read_story(STORY).steps if one.task == task]
    driver.play(step)


def _lead_of(driver: Driver, office: Office, case_id: int) -> Any:
    (place,) = office.rows(select(Case.applicant_id).where(Case.id == case_id))
    return driver.cast.of_group(f"lead@{place}", office.now)
