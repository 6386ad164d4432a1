"""Every limit of the engine ends in an incident at its element, or refuses the command; nothing hangs or is silent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import orjson
import pytest

from service.domain.errors import WrongCommand
from service.engine import AddTurn, Cancel, Complete, Publish, Retry, SetVariables, Start, apply
from service.engine.limits import (
    DEPTH,
    KEPT,
    KEPT_BYTES,
    LONGEST,
    LOOK,
    NESTING,
    PAYLOAD,
    RESULT,
    SECONDS,
    STATE,
    STEPS,
    TOKENS,
    TURNS,
)
from tests.engine.play import BEGIN, Play
from tests.engine.sketch import Lines

LINE: Lines = ["start s", "user u | out =x -> y", "user v", "end e", "s > u > v > e"]


def _chain(length: int) -> Lines:
    names = [f"t{number}" for number in range(length)]
    return ["start s", "user u", "end e", f"task {' '.join(names)}", " > ".join(["s", *names, "u", "e"])]


def test_a_token_passes_so_many_nodes_without_waiting() -> None:
    assert Play(_chain(LONGEST - 10)).start().open == "u"
    play = Play(_chain(LONGEST + 10)).start()
    assert set(play.stuck.values()) == {"endless"}
    assert play.do(Retry(play.step.incidents[0].task)).open == "u", "a retry goes on from there"


def test_one_command_makes_so_many_steps() -> None:
    wide = [f"task a{number}" for number in range(60)]
    ways = [f"f > a{number} > j" for number in range(60)]
    lines: Lines = [
        "start s",
        "and f",
        "xor j",
        "task v | each =for i in 1..1000 return i as i | in turn",
        "user u",
        "end e",
        "s > f",
        *wide,
        *ways,
    ]
    play = Play([*lines, "j > v > u > e"]).start()
    assert "endless" in play.stuck.values()
    assert len(play.step.taken) < STEPS


def _clock(step: float) -> Iterator[float]:
    return (number * step for number in count())


def test_a_command_that_computes_too_long_stops_where_it_is_and_a_retry_goes_on() -> None:
    lines: Lines = [
        "start s",
        f"task v | each =for i in 1..{3 * LOOK} return i as i",
        "user u",
        "end e",
        "s > v > u > e",
    ]
    play = Play(lines)
    slow = _clock(SECONDS)
    step = apply(play.bundle, None, Start("p"), BEGIN, clock=lambda: next(slow))
    codes = {row.code for row in step.incidents}
    assert codes == {"too-slow"}
    assert "5 秒" in step.incidents[0].zh
    while step.incidents:
        step = apply(play.bundle, step.state, Retry(step.incidents[0].task), BEGIN)
    assert [work.element for work in step.opened] == ["u"]


def test_one_expression_that_computes_too_long_is_an_incident_of_its_element() -> None:
    long = "=count(for i in 1..40000 return i) > 0"
    lines: Lines = ["start s", f"task t | out {long} -> done", "user u", "end e", "s > t > u > e"]
    play = Play(lines)
    slow = _clock(SECONDS / 20)
    step = apply(play.bundle, None, Start("p"), BEGIN, clock=lambda: next(slow))
    assert [(row.element, row.code) for row in step.incidents] == [("t", "evaluation")]
    assert "时间" in step.incidents[0].zh
    assert Play(lines).start().open == "u"


def test_without_a_clock_nothing_is_too_slow() -> None:
    assert (
        Play(["start s", f"task v | each =for i in 1..{3 * LOOK} return i as i", "user u", "end e", "s > v > u > e"])
        .start()
        .open
    )


def test_a_loop_has_so_many_turns() -> None:
    lines: Lines = ["start s", "user v | each =for i in 1..n return i as i", "end e", "s > v > e"]
    assert len(Play(lines).start(n=TURNS).work) == TURNS
    play = Play(lines).start(n=TURNS + 1)
    assert play.stuck == {"v": "too-many-turns"}
    assert f"有 {TURNS + 1} 项，最多 {TURNS} 项" in play.step.incidents[0].zh
    play.do(Retry(play.incident("v"), {"n": TURNS}))
    with pytest.raises(WrongCommand, match=f"at most {TURNS} turns"):
        play.do(AddTurn(play.id("v"), 1))


def test_so_many_tokens_are_alive_at_once() -> None:
    inside: Lines = ["start a", "user v | each =for i in 1..1000 return i as j", "end z", "a > v > z"]
    play = Play(["start s", "sub sp | each =for i in 1..n return i as i", inside, "end e", "s > sp > e"]).start(n=4)
    assert play.stuck == {}
    play = Play(["start s", "sub sp | each =for i in 1..n return i as i", inside, "end e", "s > sp > e"]).start(n=9)
    assert set(play.stuck.values()) == {"too-many-tokens"}
    assert len(play.step.live) <= TOKENS


def test_processes_call_each_other_so_deep() -> None:
    play = Play(["start s", "call c p", "end e", "s > c > e"]).start()
    assert play.stuck == {"c": "too-deep"}
    assert str(DEPTH) in play.step.incidents[0].zh


def test_a_value_is_nested_so_deep() -> None:
    deep: Any = 1
    for _ in range(NESTING + 1):
        deep = [deep]
    with pytest.raises(WrongCommand, match="nested deeper"):
        Play(LINE).start(x=deep)
    with pytest.raises(WrongCommand, match="nested deeper"):
        Play(LINE).start().done("u", x=deep)
    assert Play(LINE).start(x=deep[0][0]).open == "u"
    play = Play(
        ["start s", "user u", "task t | out =[x] -> x", "xor g", "end e", "s > u > t > g", "g ~ u", "g > e if no"]
    )
    play.start(x=deep[0][0], no=False).done("u")
    assert play.open == "u"
    play.done("u")
    assert play.stuck == {"t": "not-storable"}


def test_a_command_brings_so_much() -> None:
    play = Play(LINE).start()
    with pytest.raises(WrongCommand, match=f"larger than {RESULT} bytes"):
        play.done("u", x="x" * RESULT)
    for command in (SetVariables({"x": "x" * PAYLOAD}), Publish("m", None, {"x": "x" * PAYLOAD})):
        with pytest.raises(WrongCommand, match=f"larger than {PAYLOAD} bytes"):
            play.do(command)
    play.done("u", x="x" * PAYLOAD)
    assert play.open == "v"


def test_messages_are_kept_so_many_and_so_large() -> None:
    play = Play(LINE).start()
    for _ in range(KEPT):
        play.message("nobody")
    with pytest.raises(WrongCommand, match="too many messages"):
        play.message("nobody")
    play = Play(LINE).start().message("nobody", None, x="x" * (KEPT_BYTES // 2))
    with pytest.raises(WrongCommand, match="too many messages"):
        play.message("nobody", None, x="x" * (KEPT_BYTES // 2))


def test_an_instance_that_has_grown_too_large_begins_nothing_new() -> None:
    lines: Lines = [
        "start s", "user u | out =x -> y", "and f", "user v | in =1 -> n", "job j", "catch c | message m key =1",
        "end e", "s > u > f", "f > v > e", "f > j > e", "f > c > e",
    ]  # fmt: skip
    play = Play(lines).start().done("u", x="x" * STATE)
    assert play.stuck == dict.fromkeys(("v", "j", "c"), "too-large")
    assert (play.open, play.step.messages) == ("", ())
    play.do(Retry(play.incident("v")))
    assert "v" in play.stuck
    play.do(SetVariables({"y": None}))
    for element in ("v", "j", "c"):
        play.do(Retry(play.incident(element)))
    assert (play.open, play.stuck) == ("j v", {})
    assert play.work[play.id("v")].inputs == {"n": 1}
    assert play.done("v").done("j").message("m", 1).step.ended


def _without(play: Play, element: str) -> bytes:
    """The stored instance as it would be had a token been lost."""
    state = orjson.loads(play.step.state)
    state[6] = [row for row in state[6] if row[2] != element]
    return bytes(orjson.dumps(state))


@pytest.mark.parametrize("beside", [[], ["eventsub w", ["start ws | message m key =1", "end we", "ws > we"]]])
def test_an_instance_that_nothing_can_move_any_more_is_an_incident(beside: Lines) -> None:
    play = Play([*LINE, *beside]).start()
    lost = _without(play, "u")
    step = apply(play.bundle, lost, SetVariables({"a": 1}), BEGIN)
    assert "stranded" in {row.code for row in step.incidents}
    assert "没有任何任务" in step.incidents[0].zh
    again = apply(play.bundle, step.state, Retry(step.incidents[0].task), BEGIN)
    assert "stranded" in {row.code for row in again.incidents}
    assert apply(play.bundle, again.state, Cancel(), BEGIN).ended


def test_a_loop_whose_turns_are_gone_is_an_incident_of_the_loop() -> None:
    play = Play(["start s", "and f", "user v | each =[1,2] as i", "user u", "end e", "s > f", "f > v > e", "f > u > e"])
    lost = _without(play.start(), "v~turn")
    step = apply(play.bundle, lost, Complete(play.id("u")), BEGIN)
    assert [(row.element, row.code) for row in step.incidents] == [("v", "stranded")]
