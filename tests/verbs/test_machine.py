"""Every verb in every order against branches, votes, timers and calls, saved and loaded at each step.

An instance is ended or somebody can act; no task is there twice; timers stand beside what they watch; a vote that was
given stays given; nothing happens twice.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from service.domain.errors import WrongCommand
from service.engine import AddTurn, Cancel, Complete, Fire, Publish, RemoveTurn, Return, SetDue, return_targets
from service.engine.apply import BEGINNING, NOBODY
from service.engine.expressions import Evaluation
from service.engine.spiff import Instance, Token
from service.engine.state import load
from tests.engine.play import Play, bundle_of
from tests.engine.sketch import Lines, sketch

VOTE = "each =[1,2,3] as voter | collect votes ={voter: voter, agree: k} | out =k -> k"
INNER: Lines = [
    "start qs", f"user qv qw | {VOTE} | until =numberOfCompletedInstances >= 2", "user q1 q2 | out =k -> k",
    "and qf qj", "on qt qv | timer duration PT5H", "end qe", "qs > q1 > qf", "xor qy",
    "qf > qv > qy > qj", "qf > q2 > qj", "qj > qw > qe", "qt > qy",
]  # fmt: skip
MODELS: dict[str, tuple[Lines, dict[str, Lines]]] = {
    "branches": (
        [
            "start s", "user a b c d e f z | out =k -> k", "and f1 j1 f2 j2", "xor x m", "end n",
            "on bt b | timer duration PT1H | beside", "user r | out =k -> k", "end rn", "bt > r > rn",
            "s > m > a > f1", "f1 > b > c > j1", "f1 > f2", "f2 > d > j2", "f2 > e > j2", "j2 > f > j1", "j1 > z > x",
            "x > m if k = 4", "x ~ n",
        ],
        {},
    ),
    "votes": (
        [
            "start s", "user a d z | out =k -> k", f"user v | {VOTE}", f"user o | {VOTE} | in turn",
            f"user w | {VOTE} | until =count(votes[item != null and item.agree = 1]) >= 2", "and f j", "xor x m",
            "on vt w | timer duration PT2H | beside", "user r | out =k -> k", "end n rn", "vt > r > rn",
            "s > m > a > v > f", "f > w > j", "f > o > d > j", "j > z > x", "x > m if k = 4", "x ~ n",
        ],
        {},
    ),
    "calls": (
        [
            "start s", "user a b z | out =k -> k", "call c q", "on ct c | timer duration PT9H", "and f j", "xor x m y",
            "on w c | message stop key =1", "user late | out =k -> k", "end n", "ct > late", "w > late > y",
            "s > m > a > f", "f > c > y > j", "f > b > j", "j > z > x", "x > m if k = 4", "x ~ n",
        ],
        {"q": INNER},
    ),
}  # fmt: skip
BUNDLES: dict[str, Any] = {}


def bundle(name: str) -> Any:
    """Compiled once."""
    if name not in BUNDLES:
        BUNDLES[name] = bundle_of(sketch(*MODELS[name]))
    return BUNDLES[name]


class Verbs(RuleBasedStateMachine):
    """One instance, and what has been done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.play: Play | None = None
        self.done: set[tuple[str, ...]] = set()
        self.gone: set[int] = set()
        self.votes: dict[tuple[int, int], Any] = {}

    # ---- the verbs

    @rule(name=st.sampled_from(sorted(MODELS)))
    @precondition(lambda self: self.play is None or self.play.step.ended)
    def start(self, name: str) -> None:
        self.play = Play(bundle(name))
        self.done, self.gone, self.votes = set(), set(), {}
        self.play.start(k=0, votes=[])
        self._look()

    @rule(data=st.data(), k=st.integers(0, 4))
    @precondition(lambda self: self.workable)
    def complete(self, data: st.DataObject, k: int) -> None:
        task = data.draw(st.sampled_from(self.workable))
        turn = self._turn(task)
        self.done.add(self.playing.work[task].path)
        self._do(Complete(task, {"k": k}))
        if turn is not None:
            self.votes[turn] = k
        with pytest.raises(WrongCommand):
            self._apply(Complete(task, {"k": k}))

    @rule(data=st.data(), resume=st.booleans())
    @precondition(lambda self: self.backwards)
    def send_back(self, data: st.DataObject, resume: bool) -> None:
        found = [one for one in self.backwards if (one[2].resume if resume else one[2].walk)]
        if found:
            task, _, target = data.draw(st.sampled_from(found))
            self._do(Return(task, target.path[-1], "王", resume))
            assert any(work.path == target.path for work in self.playing.step.opened), "nobody has it now"

    @rule(data=st.data())
    @precondition(lambda self: self.turns)
    def add_signer(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.turns))
        if len(self.turns) < 9:
            self._do(AddTurn(task, 9))

    @rule(data=st.data())
    @precondition(lambda self: self.turns)
    def remove_signer(self, data: st.DataObject) -> None:
        self._do(RemoveTurn(data.draw(st.sampled_from(self.turns))))

    @rule(data=st.data())
    @precondition(lambda self: self.timers)
    def fire(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(self.timers))
        self._do(Fire(task))
        with pytest.raises(WrongCommand):
            self._apply(Fire(task))

    @rule(data=st.data(), hours=st.integers(1, 5))
    @precondition(lambda self: self.timers)
    def set_due(self, data: st.DataObject, hours: int) -> None:
        task = data.draw(st.sampled_from(self.timers))
        at = self.playing.now.replace(hour=hours)
        self._do(SetDue(task, at))
        assert {timer.task: timer.due for timer in self.playing.step.timers}[task] == at

    @rule()
    @precondition(lambda self: self.play is not None and not self.playing.step.ended and self.playing.step.messages)
    def message(self) -> None:
        self._do(Publish("stop", 1))

    @rule(sure=st.integers(0, 30))
    @precondition(lambda self: self.play is not None and not self.playing.step.ended)
    def cancel(self, sure: int) -> None:
        if not sure:
            self._do(Cancel())
            assert self.playing.step.ended

    # ---- what is there

    @property
    def playing(self) -> Play:
        assert self.play is not None
        return self.play

    @property
    def workable(self) -> list[int]:
        if self.play is None:
            return []
        away = {work.returned["resume"] for work in self.play.work.values() if "resume" in (work.returned or {})}
        return sorted(task for task in self.play.work if str(task) not in away)

    @property
    def turns(self) -> list[int]:
        return [] if self.play is None else [task for task in self.workable if self._turn(task) is not None]

    @property
    def timers(self) -> list[int]:
        return [] if self.play is None else sorted(timer.task for timer in self.play.step.timers if timer.due)

    @property
    def backwards(self) -> list[Any]:
        """(task, its path, target) of every step back to something that was done."""
        if self.play is None:
            return []
        state = self.play.step.state
        calls = {path[:end] for path in self.done for end in range(1, len(path))}
        found = [
            (t, self.play.work[t].path, one)
            for t in self.workable
            for one in return_targets(self.play.bundle, state, t)
        ]
        return [one for one in found if one[2].path in self.done | calls and one[2].kind == "userTask"]

    def _loaded(self) -> Instance:
        play = self.playing
        return load(play.step.state, play.bundle, Evaluation(play.bundle.expressions, NOBODY, BEGINNING))

    def _turn(self, task: int) -> tuple[int, int] | None:
        token = self._loaded().find(task)
        if token is None or "turn" not in token.internal_data:
            return None
        return token.above.id, token.internal_data["turn"]

    def _apply(self, command: Any) -> None:
        """A command that must change nothing."""
        play = self.playing
        kept = Play(play.bundle)
        kept.last, kept.now = play.last, play.now
        kept.do(command)

    def _do(self, command: Any) -> None:
        self.playing.do(command)
        self._look()

    def _look(self) -> None:
        step = self.playing.step
        opened = {work.task for work in step.opened}
        assert not opened & self.gone, "a task that was closed is open again"
        self.gone |= set(step.closed)

    # ---- what must hold

    @invariant()
    def ended_or_somebody_can_act(self) -> None:
        if self.play is None:
            return
        assert not self.play.step.incidents, self.play.stuck
        acts = self.workable or self.timers or self.play.step.messages
        assert self.play.step.ended != bool(acts)
        assert self.play.step.ended or self.workable, "nobody has the case in the inbox"

    @invariant()
    def what_was_sent_back_waits_for_the_step_before(self) -> None:
        if self.play is None:
            return
        for work in self.play.work.values():
            if "resume" in (work.returned or {}):
                waiting = int((work.returned or {})["resume"])
                assert waiting in self.play.work, "it leads back to nothing"
                with pytest.raises(WrongCommand):
                    self._apply(Complete(waiting, {"k": 0}))

    @invariant()
    def no_task_is_there_twice(self) -> None:
        """A step asked again for another's sake may stand beside the pass of a loop that comes round to it.

        What a timer beside a step has begun (`r`) ends by itself: each pass of the loop may begin another.
        """
        if self.play is not None:
            asked = {task for task, work in self.play.work.items() if "resume" in (work.returned or {})}
            counted = Counter(_places(self._loaded(), asked))
            several = [place for place, count in counted.items() if count > 1 and place[2] != "r"]
            assert not several, several

    @invariant()
    def timers_stand_beside_what_they_watch(self) -> None:
        if self.play is None:
            return
        for frame in self._loaded().frames():
            waiting = {(t.above.id, t.task_spec.name) for t in frame.live() if t.task_spec.beside}
            for token in frame.live():
                if token.task_spec.beside:
                    assert token.main() is not None, f"{token.task_spec.name} watches nothing"
                elif token.above.task_spec.group and "turn" not in token.internal_data:
                    specs = frame.spec.task_specs
                    beside = [way.target for way in token.above.task_spec.ways if specs[way.target].beside]
                    held = [name for name in beside if specs[name].node.interrupting]
                    assert all((token.above.id, name) in waiting for name in held), "a timer is missing"

    @invariant()
    def no_finished_vote_is_lost(self) -> None:
        if self.play is None:
            return
        loops = {t.id: t for frame in self._loaded().frames() for t in frame.live() if "out" in t.internal_data}
        for (loop, index), agree in self.votes.items():
            if loop in loops:
                kept = loops[loop].internal_data["out"][index]
                assert kept is not None
                assert kept["agree"] == agree


def _places(instance: Instance, asked: set[int]) -> list[tuple[Any, ...]]:
    """(scope, element, turn, asked again) of every open user task; a turn's loop stands for its element."""
    return [
        (id(frame), _loop(token), token.task_spec.node.id, token.internal_data.get("turn"), token.id in asked)
        for frame in instance.frames()
        for token in frame.live()
        if token.task_spec.node.kind == "userTask" and not token.task_spec.beside
        if "out" not in token.internal_data
    ]


def _loop(token: Token) -> int:
    return token.above.id if "turn" in token.internal_data else 0


def test_every_verb_in_every_order() -> None:
    _play(200, again=True)


@pytest.mark.proof
def test_every_verb_in_every_order_for_long() -> None:
    _play(5_000)


def _play(runs: int, *, again: bool = False) -> None:
    """Play so many histories; `again`: the same ones each time, so that what fails belongs to the change at hand."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Verbs,
        settings=settings(
            max_examples=runs,
            stateful_step_count=50,
            suppress_health_check=checks,
            phases=[Phase.generate],  # a history of fifty steps says what it did; to shorten it takes minutes
            print_blob=False,
            database=None,
            derandomize=again,
        ),
    )
