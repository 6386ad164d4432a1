"""Starts of processes: the plain one, and those that a message, a signal or a timer triggers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.errors import DeploymentRefused, WrongCommand
from service.engine import Armed, Start, StartEvent, TimerError, coming, due_start
from tests.engine.play import BEGIN, Play, bundle_of
from tests.engine.sketch import Lines, sketch

EVENTS: Lines = [
    "start s1 | message filed | out =no + 1 -> number", "start s2 | signal year-end", "start s3 | timer cycle R/P1D",
    "user a b c", "end e", "s1 > a > e", "s2 > b > e", "s3 > c > e",
    "eventsub w", ["start ws | message withdraw key =1", "end we", "ws > we"],
]  # fmt: skip
DAY = timedelta(days=1)


def _first(play: Play, element: str | None, **payload: object) -> Play:
    return play.do(Start("p", {"case_id": "7"}, element, payload))


def test_a_message_start_maps_its_payload() -> None:
    play = _first(Play(EVENTS), "s1", no=41, other=1)
    assert play.open == "a"
    assert play.step.variables == {"case_id": "7", "number": 42}
    assert [wait.name for wait in play.step.messages] == ["withdraw"]


def test_without_a_mapping_the_payload_propagates_and_each_start_leads_its_own_way() -> None:
    play = _first(Play(EVENTS), "s2", year=2026)
    assert (play.open, play.step.variables) == ("b", {"case_id": "7", "year": 2026})
    assert _first(Play(EVENTS), "s3").open == "c"


def test_a_payload_that_cannot_be_mapped_is_an_incident_of_the_start() -> None:
    play = _first(Play(["start s1 | message m | out =function(x) x -> f", "user a", "end e", "s1 > a > e"]), "s1", n=1)
    assert play.stuck == {"s1": "not-storable"}
    assert play.step.variables == {"case_id": "7"}


def test_which_start_is_meant_has_to_be_said_where_only_events_start() -> None:
    with pytest.raises(WrongCommand, match="say which start"):
        _first(Play(EVENTS), None)
    with pytest.raises(WrongCommand, match="no start event"):
        _first(Play(EVENTS), "ws")
    assert _first(Play(["start s | message m", "user u", "end e", "s > u > e"]), None).open == "u"


def test_the_plain_start_is_taken_where_none_is_named() -> None:
    lines: Lines = ["start s", "start m | message m", "user u v", "end e", "s > u > e", "m > v > e"]
    assert _first(Play(lines), None).open == "u"
    assert _first(Play(lines), "m").open == "v"


def test_a_bundle_says_what_starts_its_processes() -> None:
    starts = bundle_of(sketch(EVENTS)).processes["p"].starts
    assert [(start.element, start.kind, start.name, start.form, start.expression) for start in starts] == [
        ("s1", "message", "filed", "", ""),
        ("s2", "signal", "year-end", "", ""),
        ("s3", "timer", "", "cycle", "R/P1D"),
    ]


def _timer(text: str) -> tuple[Play, StartEvent]:
    play = Play([f"start s | timer {text}", "end e", "s > e"])
    return play, play.bundle.processes["p"].starts[0]


def test_a_timer_start_is_due_again_and_again() -> None:
    play, start = _timer("cycle R2/P1D")
    first = due_start(play.bundle, start, BEGIN)
    assert first.due == BEGIN + DAY
    second = coming(first, BEGIN + DAY)
    assert second == Armed(BEGIN + 2 * DAY)
    assert coming(second, BEGIN + 2 * DAY).due is None


@pytest.mark.parametrize(
    ("text", "late", "due", "left"),
    [
        ("R/PT1S", 400 * DAY, 400 * DAY + timedelta(seconds=1), -1),
        ("R9/P1D", 4 * DAY, 5 * DAY, 4),
        ("R3/P1D", 9 * DAY, None, None),
        ("R/P1M", 40 * DAY, datetime(2026, 6, 1, tzinfo=UTC) - BEGIN, -1),
    ],
)
def test_firings_that_were_missed_are_passed_over_and_count(
    text: str, late: timedelta, due: timedelta | None, left: int | None
) -> None:
    play, start = _timer(f"cycle {text}")
    armed = coming(due_start(play.bundle, start, BEGIN), BEGIN + late)
    assert armed.due == (None if due is None else BEGIN + due)
    assert (armed.cycle[0] if armed.cycle else None) == left


def test_a_timer_start_may_compute_its_date_from_the_time() -> None:
    play, start = _timer('date =date and time(today() + duration("P2D"), @"09:00:00+08:00")')
    assert due_start(play.bundle, start, BEGIN).due == datetime(2026, 4, 3, 1, tzinfo=UTC)
    play, start = _timer("date =today()")
    with pytest.raises(TimerError) as wrong:
        due_start(play.bundle, start, BEGIN)
    assert (wrong.value.zh, wrong.value.en) == ("2026-04-01：不是日期时间", "2026-04-01: not a date and time")


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (("s2", "several-starts"), ["start s", "start s2", "end e", "s > e", "s2 > e"]),
        (("s2", "duplicate-catch"), ["start s | message m", "start s2 | message m", "end e", "s > e", "s2 > e"]),
        (("s", "start-mapping"), ["start s | in =1 -> x", "end e", "s > e"]),
        (("s", "start-timer-reads"), ["start s | timer date =case.begins_at", "end e", "s > e"]),
        (("s", "start"), ["start s | error E1", "end e", "s > e"]),
    ],
    ids=["two plain", "one message twice", "input mapping", "reads the case", "error"],
)
def test_starts_that_are_refused(said: tuple[str, str], lines: Lines) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        bundle_of(sketch(lines))
    assert said in {(problem.element, problem.code) for problem in refused.value.problems}
