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


BRANCHES: Lines = [
    "start s", "user o a b b2", "and f j", "user t", "end e",
    "s > o > f", "f > a > j", "f > b > b2 > j", "j > t > e",
]  # fmt: skip
VOTE = "each =[1,2,3] as i | collect rs =r | out =r -> r"


@pytest.mark.parametrize("target", ["j", "b"])
def test_a_join_or_a_branch_beside_is_no_target(target: str) -> None:
    play = Play(BRANCHES).start().done("o")
    with pytest.raises(WrongCommand, match="cannot be sent back"):
        _back(play, "a", target)


def test_a_branch_from_outside_is_no_target() -> None:
    play = Play(BRANCHES).start().done("o").done("a").done("b").done("b2")
    with pytest.raises(WrongCommand, match="cannot be sent back"):
        _back(play, "t", "b")


def test_a_return_before_a_fork_takes_its_branches_along() -> None:
    play = Play(BRANCHES).start().done("o").done("b")
    _back(play, "a", "o")
    assert play.open == "o"
    assert play.done("o").open == "a b", "each branch once"
    assert play.done("a").done("b").done("b2").open == "t"


def test_a_finished_branch_keeps_its_place_at_the_join() -> None:
    play = Play(BRANCHES).start().done("o").done("a").done("b")
    _back(play, "b2", "b")
    assert play.open == "b"
    assert play.done("b").done("b2").open == "t"


def test_to_resume_keeps_votes_timers_and_the_call_as_they_were() -> None:
    play = Play(
        [
            "start s", "user a", "call c q", "on l c | timer duration PT9H", "user n", "end e",
            "s > a > c > e", "l > n > e",
        ],
        {"q": ["start qs", f"user v | {VOTE}", "end qe", "qs > v > qe"]},
    )  # fmt: skip
    play.start().done("a").done("v", r=1)
    timers = play.step.timers
    _back(play, "v", "a", by="王", resume=True)
    assert (play.open, play.step.timers) == ("a v v", timers)
    with pytest.raises(WrongCommand, match="waits for the step before it"):
        play.done("v", r=2)
    assert play.done("a").open == "v v"
    assert play.done("v", r=2).done("v", r=3).step.ended
    assert play.step.variables["rs"] == [1, 2, 3]


def test_the_step_to_resume_from_goes_with_the_task_that_waits_for_it() -> None:
    play = Play(
        ["start s", "user a b", "on l b | timer duration PT9H", "user n", "end e", "s > a > b > e", "l > n > e"]
    )
    play.start().done("a")
    _back(play, "b", "a", resume=True)
    assert play.hours(9).open == "n"


def test_a_step_that_is_open_is_not_opened_twice() -> None:
    play = Play(BRANCHES).start().done("o")
    _back(play, "a", "o", resume=True)
    with pytest.raises(WrongCommand, match="cannot be sent back"):
        _back(play, "b", "o", resume=True)
    with pytest.raises(WrongCommand, match="cannot be sent back"):
        _back(play, "o", "o")


def test_votes_one_after_the_other_can_be_sent_back() -> None:
    """flowable#3944: a return between two votes left no active task."""
    play = Play(["start s", f"user b | {VOTE}", f"user c | {VOTE}", "end e", "s > b > c > e"]).start()
    play.done("b").done("b").done("b").done("c")
    _back(play, "c", "b")
    assert play.open == "b b b"
    play.done("b").done("b").done("b")
    assert play.open == "c c c"


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
