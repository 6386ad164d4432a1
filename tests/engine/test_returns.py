"""Sending back where no flow is drawn: one branch only, in the same scope or outwards, straight back if wished."""

from __future__ import annotations

import pytest

from service.domain.errors import WrongCommand
from service.engine import Return
from tests.engine.play import Play
from tests.engine.sketch import Lines

LINE: Lines = [
    "start s", "user a b c", "on t a | timer duration PT1H | beside", "user n", "end e",
    "s > a > b > c > e", "t > n > e",
]  # fmt: skip


def _back(play: Play, element: str, target: str, *, by: str = "", resume: bool = False) -> Play:
    return play.do(Return(play.id(element), target, by, resume))


def test_an_earlier_step_opens_again_with_its_timers() -> None:
    play = Play(LINE).start().done("a")
    _back(play, "b", "a", by="王")
    assert (play.open, len(play.step.timers)) == ("a", 1)
    assert play.step.opened[0].returned == {"by": "王", "from": "b"}
    assert play.done("a").open == "b"


def test_a_resubmission_goes_straight_back_to_where_it_was_left() -> None:
    play = Play(LINE).start().done("a").done("b")
    _back(play, "c", "a", resume=True)
    assert play.done("a").open == "c"
    assert play.done("c").step.ended


def test_a_return_within_one_branch_leaves_the_other_alone() -> None:
    play = Play(["start s", "and f j", "user a a2 b t", "end e", "s > f", "f > a > a2 > j", "f > b > j", "j > t > e"])
    play.start().done("a")
    _back(play, "a2", "a")
    assert play.open == "a b"
    assert play.done("a").done("a2").done("b").open == "t"


def test_a_return_from_a_called_process_closes_the_call() -> None:
    play = Play(
        [
            "start s",
            "user a",
            "call c q",
            "on l c | timer duration PT9H",
            "user n",
            "end e",
            "s > a > c > e",
            "l > n > e",
        ],
        {"q": ["start qs", "user v w", "end qe", "qs > v > w > qe"]},
    )
    play.start().done("a").done("v")
    _back(play, "w", "a")
    assert (play.open, play.step.timers) == ("a", ())
    play.done("a")
    _back(play, "v", "v")
    assert play.open == "v", "an element of the same name nearer by is meant"


def test_a_return_from_a_loop_begins_the_loop_anew() -> None:
    play = Play(
        ["start s", "user a", "user v | each =[1,2,3] as i | collect rs =r", "user t", "end e", "s > a > v > t > e"]
    )
    play.start().done("a").done("v")
    _back(play, "v", "a")
    assert play.open == "a"
    assert play.done("a").open == "v v v"


def test_inside_a_sub_process_the_return_stays_inside() -> None:
    play = Play(
        ["start s", "sub sp", ["start x", "user u v", "end z", "x > u > v > z"], "user t", "end e", "s > sp > t > e"]
    )
    play.start().done("u")
    _back(play, "v", "u")
    assert play.open == "u"
    assert play.done("u").done("v").open == "t"


def test_a_join_that_is_sent_to_does_not_wait() -> None:
    play = Play(["start s", "user a b", "and f j", "user t", "end e", "s > f", "f > a > j", "f > b > j", "j > t > e"])
    play.start()
    _back(play, "a", "j")
    assert play.open == "b t"


@pytest.mark.parametrize("target", ["nowhere", "e", "s", "t", "a~host", "~start"])
def test_a_target_that_is_no_step_is_refused(target: str) -> None:
    play = Play(LINE).start().done("a")
    with pytest.raises(WrongCommand, match="cannot be sent back"):
        _back(play, "b", target)


def test_fifty_returns_leave_no_trace() -> None:
    play = Play(LINE).start().done("a")
    size = len(play.step.state)
    for _ in range(50):
        _back(play, "b", "a")
        play.done("a")
    assert len(play.step.state) - size <= 4
