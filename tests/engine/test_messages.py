"""Messages: kept until somebody waits, taken once, by name and key; withdrawal reaches into called processes."""

from __future__ import annotations

import pytest

from service.domain.errors import WrongCommand
from service.engine import Broadcast, Complete, Publish
from tests.engine.play import Play
from tests.engine.sketch import Lines

LATER: Lines = ["start s", "user u", "catch w | message m key =k", "user t", "end e", "s > u > w > t > e"]


def test_a_message_is_kept_until_somebody_waits() -> None:
    play = Play(LATER).start(k="a").message("m", "a", why="x")
    assert play.open == "u"
    play.done("u")
    assert play.open == "t"
    assert play.step.variables == {"k": "a", "why": "x"}
    assert play.step.messages == ()


def test_a_kept_message_is_taken_once_and_in_order() -> None:
    play = Play(
        ["start s", "user u", "xor x y", "catch w | message m key =1", "user t", "end e",
         "s > u > x", "x > w > t > y", "y > x if true", "y ~ e"]
    ).start()  # fmt: skip
    play.message("m", 1, n=1).message("m", 1, n=2).done("u")
    assert (play.open, play.step.variables["n"]) == ("t", 1)
    assert play.done("t").step.variables["n"] == 2
    play.done("t")
    assert [m.name for m in play.step.messages] == ["m"]


def test_a_message_for_another_key_waits_on() -> None:
    play = Play(LATER).start(k="a").message("m", "b").done("u")
    assert play.open == ""
    assert play.message("m", "a").open == "t"


def test_the_objection_that_is_closed_before_anybody_waits_does_not_hang_the_case() -> None:
    """publicity: the main path may reach its catch after the last objection was closed."""
    play = Play(
        ["start s", "sub period", ["start a", "user days", "end z", "a > days > z"],
         "on o period | message lodged key =case_id | beside | out =objection_id -> objection_id",
         "call handle q | in =objection_id -> objection_id",
         "end oe | message closed key =case_id | zeebe taskDefinition type=announce",
         "xor m", "job tally | out =open -> open", "xor g", "catch w | message closed key =case_id", "end e",
         "s > period > m", "m > tally > g", "g > e if open = 0", "g ~ w", "w > m", "o > handle > oe"],
        {"q": ["start qs", "user decide | in =objection_id -> id", "end qe", "qs > decide > qe"]},
    ).start(case_id="7")  # fmt: skip
    play.message("lodged", "7", objection_id="A").message("lodged", "7", objection_id="B")
    assert sorted(w.inputs["id"] for w in play.work.values() if w.element == "decide") == ["A", "B"]
    play.done("decide")
    [asked] = play.step.operations
    assert (asked.type, asked.message) == ("announce", {"name": "closed", "key": "7"})
    play.do(Complete(asked.task)).message("closed", "7")  # nobody waits yet
    play.done("days").done("tally", open=1)
    assert play.open == "decide tally", "the kept message sends the case to tally once more"
    play.done("tally", open=1)
    assert play.open == "decide"
    play.done("decide")
    play.do(Complete(play.step.operations[0].task)).message("closed", "7").done("tally", open=0)
    assert play.step.ended


def test_a_key_that_is_null_asks_without_key() -> None:
    play = Play(["start s", "end e | message m key =nobody | zeebe taskDefinition type=notify", "s > e"]).start()
    assert play.step.operations[0].message == {"name": "m", "key": None}


def test_a_withdrawal_cancels_called_processes_too() -> None:
    play = Play(
        ["start s", "call c q", "end e", "s > c > e",
         "eventsub w", ["start ws | message withdrawn key =case_id", "job tell", 'end we | out ="withdrawn" -> outcome',
                        "ws > tell > we"]],
        {"q": ["start qs", "call d r", "end qe", "qs > d > qe"],
         "r": ["start rs", "user u | each =[1,2] as i", "on b u | timer duration PT1H", "end re",
               "rs > u > re", "b > re"]},
    ).start(case_id=7)  # fmt: skip
    assert play.open == "u u"
    play.message("withdrawn", 7)
    assert play.open == "tell"
    assert play.step.timers == ()
    assert len(play.step.state) < 250
    play.done("tell")
    assert (play.step.ended, play.step.outcome) == (True, "withdrawn")


def test_a_message_to_an_ended_instance_and_one_too_many_are_refused() -> None:
    play = Play(LATER).start(k="a")
    for _ in range(100):
        play.message("nobody")
    with pytest.raises(WrongCommand, match="too many"):
        play.do(Publish("nobody"))


def test_a_signal_is_not_kept() -> None:
    play = Play(["start s", "user u", "catch w | signal go", "end e", "s > u > w > e"]).start()
    play.do(Broadcast("go")).done("u")
    assert not play.step.ended
    assert play.do(Broadcast("go")).step.ended


def test_thrown_signals_are_said() -> None:
    assert Play(["start s", "throw t | signal go", "end e", "s > t > e"]).start().step.signals == ("go",)
