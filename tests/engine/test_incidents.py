"""What goes wrong after an act never undoes it: the token is parked, the Step says so, and Retry goes on from there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.domain.errors import CalendarGap, WrongCommand
from service.engine import Cancel, Complete, Fail, Fire, Publish, Retry, SetVariables, Start, Throw, apply
from tests.engine.play import BEGIN, Play
from tests.engine.sketch import Lines

CHOICE: Lines = [
    "start s", "user u | out =k -> k", "xor x", "user a b", "end e",
    "s > u > x", "x > a if k > 5", "x ~ b", "a > e", "b > e",
]  # fmt: skip
WITHDRAWAL: Lines = ["eventsub w", ["start ws | message withdraw key =1", "user wt", "end we", "ws > wt > we"]]


def test_the_act_before_a_failing_gateway_is_kept() -> None:
    play = Play(CHOICE).start()
    task = play.id("u")
    play.done("u", k=None)
    assert play.step.closed == (task,)
    assert play.step.variables == {"k": None}
    assert play.stuck == {"x": "condition"}
    [row] = play.step.incidents
    assert row.process == "p"
    assert "k > 5" in row.zh
    assert "没有值：k" in row.zh
    assert "not set or null: k" in row.en


def test_retry_goes_on_from_there_with_corrected_variables() -> None:
    play = Play(CHOICE).start().done("u", k=None)
    play.do(Retry(play.incident("x"), {"k": 9}))
    assert (play.open, play.stuck) == ("a", {})


def test_retry_without_a_cure_stays_parked_and_other_commands_cure_it() -> None:
    play = Play(CHOICE).start().done("u", k=None)
    task = play.incident("x")
    assert play.do(Retry(task)).stuck == {"x": "condition"}
    play.do(SetVariables({"k": 1})).do(Retry(task))
    assert play.open == "b"


def test_a_withdrawal_takes_the_parked_token_away() -> None:
    play = Play([*CHOICE, *WITHDRAWAL]).start().done("u", k=None)
    assert play.message("withdraw", 1).stuck == {}
    assert play.open == "wt"
    assert play.done("wt").step.ended


def test_the_other_branch_goes_on_and_the_instance_stays_open() -> None:
    play = Play(
        [
            "start s",
            "and f j",
            "task t | out =function(x) x -> g",
            "user u v",
            "end e",
            "s > f",
            "f > t > j",
            "f > u > v > j",
            "j > e",
        ]
    ).start()
    assert (play.open, play.stuck) == ("u", {"t": "not-storable"})
    play.done("u").done("v")
    assert play.stuck == {"t": "not-storable"}
    assert not play.step.ended


def test_an_inclusive_join_waits_for_the_parked_token() -> None:
    play = Play(
        ["start s", "or f j", "task t | out =function(x) x -> g", "user u v", "end e",
         "s > f", "f > t > j", "f > u > j", "j > v > e"]
    ).start()  # fmt: skip
    play.done("u")
    assert play.open == ""
    assert play.stuck == {"t": "not-storable"}


def test_what_a_form_gave_is_kept_when_its_mapping_fails_and_mapped_once_after() -> None:
    play = Play(
        ["start s", "user u | out =n + 1 -> n | out =if ok then 1 else function(x) x -> m", "end e", "s > u > e"]
    ).start(n=1, ok=False)
    play.done("u", score=7)
    assert play.stuck == {"u": "not-storable"}
    assert play.step.variables == {"n": 1, "ok": False}
    play.do(Retry(play.incident("u"), {"ok": True}))
    assert play.step.variables == {"n": 2, "m": 1, "ok": True}
    assert play.step.ended


def test_an_input_is_mapped_once_however_often_the_arrival_is_tried() -> None:
    play = Play(
        ["start s", "user u | in =x * 2 -> x | zeebe assignmentDefinition candidateGroups==who", "end e", "s > u > e"]
    ).start(x=3, who=5)
    assert play.stuck == {"u": "assignment"}
    task = play.incident("u")
    play.do(Retry(task)).do(SetVariables({"who": ["g"]})).do(Retry(task))
    [work] = play.step.opened
    assert (work.inputs, work.groups) == ({"x": 6}, ("g",))
    assert play.done("u").step.ended


def test_a_timer_with_a_wrong_value_is_armed_by_a_retry() -> None:
    play = Play(["start s", "catch t | timer duration =wait", "end e", "s > t > e"]).start(wait="soon")
    assert play.stuck == {"t": "timer"}
    assert play.step.timers == ()
    play.do(Retry(play.incident("t"), {"wait": "PT2H"}))
    assert play.step.timers[0].due == BEGIN + timedelta(hours=2)
    assert play.hours(2).step.ended


def test_a_timer_that_fires_into_an_incident_fires_once() -> None:
    play = Play(
        ["start s", "user u", "on b u | timer duration PT1H | beside", "xor x", "user a", "end e",
         "s > u > e", "b > x", "x > a if k > 1", "x > e if k < 1"]
    ).start()  # fmt: skip
    play.hours(5)
    assert play.stuck == {"x": "condition"}
    assert play.step.timers == ()
    assert play.open == "u"


def test_an_operation_that_failed_for_good_is_asked_for_again_by_a_retry() -> None:
    play = Play(["start s", "job j | in =letter -> letter", "end e", "s > j > e"]).start(letter="a")
    task = play.id("j")
    play.do(Fail(task, "calendar-gap", "缺少日历", "no calendar"))
    [row] = play.step.incidents
    assert (row.task, row.code, row.zh, row.en) == (task, "calendar-gap", "缺少日历", "no calendar")
    assert play.step.operations == ()
    play.do(Retry(task))
    assert [(o.task, o.type, o.inputs) for o in play.step.operations] == [(task, "j", {"letter": "a"})]
    assert play.done("j", sent=1).step.ended


def test_an_error_nobody_catches_is_an_incident_of_the_operation() -> None:
    play = Play(["start s", "job j", "on b j | error E1", "user n", "end e", "s > j > e", "b > n > e"]).start()
    play.do(Throw(play.id("j"), "E9"))
    assert play.stuck == {"j": "uncaught-error"}
    play.do(Retry(play.incident("j")))
    assert play.do(Throw(play.id("j"), "E1")).open == "n"


def test_an_error_end_nobody_catches_is_an_incident() -> None:
    assert Play(["start s", "end e | error E1", "s > e"]).start().stuck == {"e": "uncaught-error"}


def test_a_completion_condition_that_fails_counts_the_turn_once() -> None:
    play = Play(
        [
            "start s",
            "user v | out =r + 1 -> total | each =[1,2] as i | until =enough",
            "user t",
            "end e",
            "s > v > t > e",
        ]
    ).start(total=0)
    play.done("v", r=1)
    assert play.stuck == {"v": "condition"}
    assert play.open == "v"
    task = play.incident("v")
    play.do(Retry(task, {"enough": False}))
    assert (play.open, play.step.variables["total"]) == ("v", 2)
    assert play.done("v", r=4).open == "t"


def test_a_cycle_that_only_joins_hold_is_found_when_it_runs() -> None:
    play = Play(
        [
            "start s",
            "and f",
            "or j",
            "task t",
            "xor x",
            "end e",
            "s > f",
            "f > j",
            "f > e",
            "j > t > x",
            "x > j if true",
            "x ~ e",
        ]
    ).start()
    assert set(play.stuck.values()) == {"endless"}
    play.do(Cancel())
    assert play.step.ended


def test_a_process_that_calls_itself_for_ever_is_an_incident() -> None:
    play = Play(["start s", "call c p", "end e", "s > c > e"]).start()
    assert play.stuck == {"c": "too-deep"}
    assert play.do(Cancel()).step.ended


def test_a_function_that_refuses_says_why() -> None:
    def deadline(name: str) -> None:
        raise CalendarGap(year=2031)

    play = Play(
        ["start s", 'catch t | timer date =deadline("x")', "end e", "s > t > e"], functions={"deadline": deadline}
    ).start()
    [row] = play.step.incidents
    assert "2031 年的工作日历" in row.zh
    assert "2031" in row.en


def test_a_parked_task_takes_no_completion_and_an_open_one_no_retry() -> None:
    play = Play(CHOICE).start()
    with pytest.raises(WrongCommand, match="no incident"):
        play.do(Retry(play.id("u")))
    play.done("u", k=None)
    with pytest.raises(WrongCommand, match="retry it first"):
        play.do(Complete(play.incident("x")))


def test_only_a_wrong_command_raises() -> None:
    play = Play(CHOICE)
    for command in (Complete(1), Publish("m"), Cancel()):
        with pytest.raises(WrongCommand, match="not been started"):
            apply(play.bundle, None, command, BEGIN)
    with pytest.raises(WrongCommand, match="no process"):
        apply(play.bundle, None, Start("nope"), BEGIN)
    play.start()
    for wrong in (Start("p"), Complete(99), Fire(play.id("u")), Fail(play.id("u"), "x", "y"), Throw(play.id("u"), "E")):
        with pytest.raises(WrongCommand):
            play.do(wrong)
    play.done("u", k=1).done("b")
    with pytest.raises(WrongCommand, match="has ended"):
        play.do(Publish("m"))


def test_a_state_of_other_models_is_a_wrong_command() -> None:
    play = Play(CHOICE).start()
    other = Play(["start s", "user u", "end e", "s > u > e"])
    with pytest.raises(WrongCommand, match="another version"):
        apply(other.bundle, play.step.state, Complete(play.id("u")), BEGIN)


LATE: Lines = [
    "start s", "user u | out =k -> k", "on b u | timer duration PT1H | beside | out =function(x) x -> f", "user n",
    "end e", "s > u > e", "b > n > e",
]  # fmt: skip


def test_a_reminder_that_fired_and_stuck_outlives_the_task_it_stood_beside() -> None:
    play = Play(LATE).start().hours(1)
    assert play.stuck == {"b": "not-storable"}
    play.done("u", k=1)
    assert play.stuck == {"b": "not-storable"}
    assert not play.step.ended


def test_an_event_sub_process_that_stuck_at_its_start_keeps_the_instance_open() -> None:
    inside: Lines = ["start ws | message m key =1 | beside | out =function(x) x -> f", "end we", "ws > we"]
    play = Play(["start s", "user u", "end e", "s > u > e", "eventsub w", inside]).start().message("m", 1).done("u")
    assert play.stuck == {"ws": "not-storable"}
    assert not play.step.ended


def test_an_error_that_has_been_caught_once_is_not_caught_by_the_same_event_again() -> None:
    play = Play(
        [
            "start s",
            "job j | each =[1,2] as i",
            "on b j | error E1 | out =function(x) x -> f",
            "user n",
            "end e",
            "s > j > e",
            "b > n > e",
        ]
    ).start()
    play.do(Throw(play.id("j"), "E1"))
    assert (play.stuck, play.open) == ({"b": "not-storable"}, "")


def test_the_details_of_an_incident_are_short() -> None:
    play = Play(["start s", "catch w | message m key =long", "end e", "s > w > e"]).start(long=["x" * 5000])
    assert play.stuck == {"w": "correlation-key"}
    assert len(play.step.incidents[0].zh) < 1000
