"""Timers: dates that are null, reminders, cycles, and another due instant for a running one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from service.domain.errors import WrongCommand
from service.engine import SetDue
from service.engine.timers import Armed, TimerError, arm
from tests.engine.play import BEGIN, Play
from tests.engine.sketch import Lines

CHINA = timezone(timedelta(hours=8))
HOUR = timedelta(hours=1)
REMINDED: Lines = [
    "start s", "user u", 'on b u | timer cycle =reminders("x") | beside', "job n", "end e", "s > u > e", "b > n > e",
]  # fmt: skip
DATED: Lines = ["start s", "user u", 'on b u | timer date =deadline("x")', "user n", "end e", "s > u > e", "b > n > e"]


def _reminded(*instants: datetime) -> Play:
    return Play(REMINDED, functions={"reminders": lambda name: list(instants)}).start()


def test_reminders_fire_at_each_instant_and_then_no_more() -> None:
    play = _reminded(BEGIN + 5 * HOUR, BEGIN + HOUR, BEGIN + 3 * HOUR)
    assert [t.due for t in play.step.timers] == [BEGIN + HOUR]
    assert play.hours(2).open == "n u"
    assert [t.due for t in play.step.timers] == [BEGIN + 3 * HOUR]
    assert play.hours(2).open == "n n u"
    assert play.hours(2).open == "n n n u"
    assert play.step.timers == ()


def test_reminders_missed_by_a_clock_that_was_down_are_one_reminder() -> None:
    play = _reminded(BEGIN + HOUR, BEGIN + 3 * HOUR, BEGIN + 5 * HOUR, BEGIN + 9 * HOUR)
    assert play.hours(6).open == "n u"
    assert [t.due for t in play.step.timers] == [BEGIN + 9 * HOUR]
    assert play.hours(100).open == "n n u"
    assert play.step.timers == ()


def test_reminders_that_are_past_are_skipped() -> None:
    play = _reminded(BEGIN - HOUR, BEGIN, BEGIN + HOUR)
    assert [t.due for t in play.step.timers] == [BEGIN + HOUR]


@pytest.mark.parametrize("given", [None, [], [BEGIN - HOUR]], ids=["null", "none", "all past"])
def test_without_reminders_the_timer_is_not_armed(given: list[datetime] | None) -> None:
    play = Play(REMINDED, functions={"reminders": lambda name: given}).start()
    assert [t.due for t in play.step.timers] == [None]
    assert play.hours(1000).open == "u"
    assert play.done("u").step.timers == ()


def test_a_deadline_that_is_null_is_not_armed_and_can_be_set_later() -> None:
    play = Play(DATED, functions={"deadline": lambda name: None}).start()
    [timer] = play.step.timers
    assert (timer.due, timer.source, timer.interrupting) == (None, '=deadline("x")', True)
    play.hours(1000)
    play.do(SetDue(timer.task, play.now + HOUR))
    assert play.hours(1).open == "n"


def test_a_running_timer_follows_an_extended_deadline() -> None:
    play = Play(DATED, functions={"deadline": lambda name: BEGIN + HOUR}).start()
    play.do(SetDue(play.step.timers[0].task, BEGIN + 5 * HOUR))
    assert play.hours(2).open == "u"
    assert play.hours(3).open == "n"


def test_a_paused_timer_does_not_fire() -> None:
    play = Play(DATED, functions={"deadline": lambda name: BEGIN + HOUR}).start()
    assert play.do(SetDue(play.step.timers[0].task, None)).step.timers[0].due is None
    assert play.hours(100).open == "u"


def test_reminders_can_be_set_anew() -> None:
    play = _reminded(BEGIN + HOUR)
    play.do(SetDue(play.step.timers[0].task, [BEGIN + 3 * HOUR, BEGIN + 2 * HOUR]))
    assert play.hours(1).open == "u"
    assert play.hours(1).open == "n u"
    assert play.hours(9).open == "n n u"


def test_a_due_instant_has_a_zone_and_belongs_to_a_timer() -> None:
    play = Play([*DATED, *_withdrawal()], functions={"deadline": lambda name: BEGIN + HOUR}).start()
    with pytest.raises(WrongCommand, match="no zone"):
        play.do(SetDue(play.step.timers[0].task, datetime(2026, 5, 1)))  # noqa: DTZ001 - that is the point
    with pytest.raises(WrongCommand, match="no timer"):
        play.do(SetDue(play.step.messages[0].task, BEGIN))


def _withdrawal() -> Lines:
    return ["eventsub w", ["start ws | message m key =1", "end we", "ws > we"]]


def test_an_interrupting_timer_says_which_tasks_it_ends() -> None:
    play = Play(
        ["start s", "and f", "sub sp",
         ["start a", "user u", "call c q", "and g", "end z", "a > g", "g > u > z", "g > c > z"],
         "on b sp | timer duration PT1H", "on r sp | timer duration PT2H | beside", "user other n", "end e",
         "s > f", "f > sp > e", "f > other > e", "b > n > e", "r > e",
         "eventsub w", ["start ws | timer duration P9D", "end we", "ws > we"]],
        {"q": ["start qs", "user v | each =[1,2] as i", "end qe", "qs > v > qe"]},
    ).start()  # fmt: skip
    ends = {t.element: {play.work[task].element for task in t.ends} for t in play.step.timers}
    assert ends == {"b": {"u", "v"}, "r": set(), "ws": {"u", "v", "other"}}
    assert {t.element: t.interrupting for t in play.step.timers} == {"b": True, "r": False, "ws": True}


@pytest.mark.parametrize(
    ("form", "value", "due"),
    [
        ("date", "2026-04-15T17:30+08:00", datetime(2026, 4, 15, 17, 30, tzinfo=CHINA)),
        ("date", "2026-04-15T17:30:00@Asia/Shanghai", datetime(2026, 4, 15, 17, 30, tzinfo=CHINA)),
        ("date", "2026-04-15T09:30:00Z", datetime(2026, 4, 15, 9, 30, tzinfo=UTC)),
        ("duration", "P1M1D", datetime(2026, 5, 2, tzinfo=UTC)),
        ("duration", timedelta(days=2), BEGIN + timedelta(days=2)),
        ("cycle", "R/P1D", BEGIN + timedelta(days=1)),
        ("cycle", "R2/2026-04-01T10:00:00Z/PT1H", BEGIN + 10 * HOUR),
    ],
)
def test_values_a_timer_takes(form: str, value: Any, due: datetime) -> None:
    assert arm(form, value, BEGIN).due == due


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("date", "2026-04-15"),
        ("date", "tomorrow"),
        ("date", 5),
        ("date", "2026-04-15T17:30:00@Nowhere"),
        ("duration", None),
        ("duration", "P"),
        ("duration", "PT"),
        ("duration", "10 days"),
        ("duration", "P9999Y"),
        ("duration", "P99999999999D"),
        ("cycle", "R0/PT1H"),
        ("cycle", "R/PT0S"),
        ("cycle", "R3/-PT1H"),
        ("cycle", "5/PT1H"),
        ("cycle", ["2026-04-15"]),
    ],
)
def test_values_a_timer_does_not_take(form: str, value: Any) -> None:
    with pytest.raises(TimerError):
        arm(form, value, BEGIN)


def test_the_end_of_a_month_is_kept_within_it() -> None:
    assert arm("duration", "P1M", datetime(2026, 1, 31, tzinfo=UTC)) == Armed(datetime(2026, 2, 28, tzinfo=UTC))
