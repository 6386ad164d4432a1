"""The registered functions: what starts a period, what is recorded wins, and who holds a role."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from service.domain.deadlines import ZONE
from service.domain.errors import CalendarGap
from service.feel import BUILTIN_NAMES, compile_expression
from service.programmes.functions import (
    FUNCTION_NAMES,
    SIGNATURES,
    CaseTimes,
    Parties,
    RecordedDeadline,
    functions,
)
from service.programmes.manifest import read_manifest
from tests.programmes_room.sample import calendar, sample_manifest

AT = datetime(2022, 9, 5, 2, tzinfo=UTC)
RULES = read_manifest(
    """key = "one"
name = "n"
authority = "a"
status = "draft"
[procedures.p]
name = "p"
[roles.lead]
name = "牵头"
holder = "applicant"
[roles.local-clerk]
name = "经办"
holder = "competent"
[roles.office]
name = "业务处"
holder = "authority"
[roles.member]
name = "成员"
holder = "member"
[roles.expert]
name = "专家"
holder = "expert"
[roles.chair]
name = "组长"
holder = "panel-chair"
[deadlines.stage]
name = "阶段"
starts = "stage"
working_days = 10
reminders = [1, 0]
[deadlines.task]
name = "任务"
starts = "task"
working_days = 1
[deadlines.call]
name = "批次"
starts = "call"
[deadlines.after-call]
name = "批次后"
starts = "call"
calendar_days = 3
[deadlines.training]
name = "培训后"
starts = "event:training-held"
working_days = 10
end = "17:30"
reminders = [5, 1, 0]
[deadlines.publicity]
name = "公示"
starts = "event:notice-published"
working_days = 5
inclusive_first_day = true
"""
)
PARTIES = Parties(
    applicant_id=7,
    competent_id=5,
    authority_id=1,
    members={11: "CODE11", 12: "CODE12"},
    experts=(31, 32),
    chair_expert_id=31,
)


def ask(
    expression: str, *, times: CaseTimes | None = None, parties: Parties = PARTIES, at: datetime = AT, **names: Any
) -> Any:
    given = functions(RULES, calendar(), times or CaseTimes(), parties, at)
    return compile_expression(expression, names=FUNCTION_NAMES).evaluate(names, functions=given)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[misc, arg-type]


def test_every_function_is_told_and_none_hides_a_built_in_one() -> None:
    given = functions(RULES, calendar(), CaseTimes(), PARTIES, AT)
    assert set(given) == FUNCTION_NAMES == set(SIGNATURES)
    assert not FUNCTION_NAMES & set(BUILTIN_NAMES)
    for name, signature in SIGNATURES.items():
        assert given[name].params == tuple(param for param, _ in signature.params)
        assert signature.zh
        assert signature.en


def test_a_stage_and_a_task_run_from_the_day_of_the_act() -> None:
    assert ask('deadline("stage")') == local(2022, 9, 20)
    assert ask('deadline("task")') == local(2022, 9, 7)


def test_the_day_is_the_local_one_also_near_midnight() -> None:
    late = datetime(2022, 9, 5, 16, 30, tzinfo=UTC)  # half past midnight on the 6th in Beijing
    assert ask('deadline("task")', at=late) == local(2022, 9, 8)


def test_a_call_gives_its_date_whatever_day_it_is() -> None:
    assert ask('deadline("call")') is None
    times = CaseTimes(call_dates={"call": date(2025, 5, 1)})
    assert ask('deadline("call")', times=times) == local(2025, 5, 2)


def test_a_length_after_the_opening_of_the_call() -> None:
    assert ask('deadline("after-call")') is None
    assert ask('deadline("after-call")', times=CaseTimes(call_dates={"call-open": date(2022, 9, 5)})) == local(
        2022, 9, 9
    )
    both = CaseTimes(call_dates={"call-open": date(2022, 9, 5), "after-call": date(2022, 9, 30)})
    assert ask('deadline("after-call")', times=both) == local(2022, 10, 1)


def test_an_event_starts_its_period_only_once_it_is_recorded() -> None:
    assert ask('deadline("training")') is None
    assert ask('reminders("training")') is None
    times = CaseTimes(events={"training-held": date(2022, 9, 26)})
    assert ask('deadline("training")', times=times) == local(2022, 10, 13, 17, 30)
    assert ask('reminders("training")', times=times) == [
        local(2022, 10, 8, 9),
        local(2022, 10, 12, 9),
        local(2022, 10, 13, 9),
    ]


def test_publicity_counts_its_first_day() -> None:
    times = CaseTimes(events={"notice-published": date(2025, 4, 28)})
    assert ask('deadline("publicity")', times=times) == local(2025, 5, 8)


def test_what_is_recorded_wins_over_the_rule() -> None:
    extended = RecordedDeadline(datetime(2022, 9, 30, 16, tzinfo=UTC), last_on=date(2022, 9, 30))
    times = CaseTimes(recorded={"stage": extended})
    assert ask('deadline("stage")', times=times) == local(2022, 10, 1)
    assert ask('reminders("stage")', times=times) == [local(2022, 9, 29, 9), local(2022, 9, 30, 9)]


def test_an_extended_call_date_wins_over_the_calls() -> None:
    extended = RecordedDeadline(datetime(2025, 5, 9, 16, tzinfo=UTC))
    times = CaseTimes(recorded={"call": extended}, call_dates={"call": date(2025, 4, 15)})
    assert ask('deadline("call")', times=times) == local(2025, 5, 10)


def test_lateness_is_not_forgotten_but_a_period_that_was_met_runs_anew() -> None:
    past = datetime(2022, 9, 1, 16, tzinfo=UTC)
    assert ask('deadline("stage")', times=CaseTimes(recorded={"stage": RecordedDeadline(past, "over")})) == past
    met = CaseTimes(recorded={"stage": RecordedDeadline(past, "met")})
    assert ask('deadline("stage")', times=met) == local(2022, 9, 20)


def test_a_paused_period_arms_no_timer() -> None:
    paused = CaseTimes(recorded={"stage": RecordedDeadline(AT, "paused")})
    assert ask('deadline("stage")', times=paused) is None
    assert ask('reminders("stage")', times=paused) is None


def test_a_task_period_starts_anew_at_each_opening() -> None:
    recorded = CaseTimes(recorded={"task": RecordedDeadline(datetime(2022, 8, 1, 16, tzinfo=UTC))})
    assert ask('deadline("task")', times=recorded) == local(2022, 9, 7)


@pytest.mark.parametrize("expression", ['deadline("none")', "deadline(1)", "deadline(null)", 'reminders("task")'])
def test_what_has_no_period_or_no_reminder_is_null(expression: str) -> None:
    assert ask(expression) is None


def test_a_year_without_a_calendar_is_said_and_not_guessed() -> None:
    with pytest.raises(CalendarGap):
        ask('deadline("stage")', at=datetime(2031, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("expression", "keys"),
    [
        ('groups("lead")', ["lead@7"]),
        ('groups("local-clerk")', ["local-clerk@5"]),
        ('groups("local-clerk", 9)', ["local-clerk@9"]),
        ('groups("office")', ["office@1"]),
        ('groups("member", 11)', ["member@CODE11"]),
        ('groups("member", {id: 12})', ["member@CODE12"]),
        ('groups("member", {credit_code: "X"})', ["member@X"]),
        ('groups("member", [11, 12, 11])', ["member@CODE11", "member@CODE12"]),
        ('groups("member")', ["member@CODE11", "member@CODE12"]),
        ('groups("member", 99)', []),
        ('groups("expert", 31)', ["expert:31"]),
        ('groups("expert", "31")', ["expert:31"]),
        ('groups("expert", {id: 3, expert_id: 32})', ["expert:32"]),
        ('groups("expert")', ["expert:31", "expert:32"]),
        ('groups("chair")', ["expert:31"]),
        ('groups("nobody")', None),
        ("groups(null)", None),
        ('groups(role: "lead")', ["lead@7"]),
        ('groups("expert", 1.5)', []),
    ],
)
def test_groups_of_a_role(expression: str, keys: list[str] | None) -> None:
    assert ask(expression) == keys


def test_a_unit_without_a_competent_department_reports_to_the_authority() -> None:
    assert ask('groups("local-clerk")', parties=Parties(applicant_id=7, authority_id=1)) == ["local-clerk@1"]


def test_nobody_is_asked_where_nobody_is_known() -> None:
    assert ask('groups("chair")', parties=Parties()) == []
    assert ask('groups("lead")', parties=Parties()) == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('working days after(@"2022-09-26", 10)', date(2022, 10, 13)),
        ('working days after(date("2025-05-06"), -1)', date(2025, 4, 30)),
        ('working days after(@"2022-09-26T23:30:00@Asia/Shanghai", 10)', date(2022, 10, 13)),
        ("working days after(null, 10)", None),
        ('working days after(@"2022-09-26", 1.5)', None),
        ('count working days(@"2025-04-24", @"2025-05-06")', Decimal(6)),
        ('count working days(@"2025-04-24", "x")', None),
        ('is working day(@"2025-04-27")', True),
        ('is working day(@"2025-05-01")', False),
        ("is working day(3)", None),
        ('valid credit code("91350100M000100Y43")', True),
        ('valid credit code("91350100M000100Y34")', False),
        ("valid credit code(91)", None),
    ],
)
def test_days_and_codes(expression: str, value: Any) -> None:
    assert ask(expression) == value


def test_the_two_dates_of_the_sample() -> None:
    times = CaseTimes(call_dates={"submission": date(2025, 4, 15)}, events={"training-held": date(2025, 4, 24)})
    given = functions(sample_manifest(), calendar(), times, Parties(), AT)
    assert given["deadline"].call("submission") == local(2025, 4, 16)
    # 24 April + 10 working days: Sunday 27 April works, 1 to 5 May is closed
    assert given["deadline"].call("paper-delivery") == local(2025, 5, 12, 17, 30)
