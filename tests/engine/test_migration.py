"""Another version of the models: an instance moves only where every live element means the same."""

from __future__ import annotations

import pytest

from service.domain.errors import DeploymentRefused, WrongCommand
from service.engine import Complete, apply, migrate, plan, view
from service.engine.migration import GONE
from tests.engine.play import BEGIN, Play, bundle_of
from tests.engine.sketch import Lines, sketch

FORK: Lines = ["start s", "and f j", "user a", "user b", "end e", "s > f", "f > a > j", "f > b > j", "j > e"]
LOOP: Lines = ["start s", "user v | each =[1,2] as i | collect r =i", "end e", "s > v > e"]
TIMED: Lines = ["start s", "catch c | timer duration PT1H", "end e", "s > c > e"]
CALL: Lines = ["start s", "call c q", "end e", "s > c > e"]
CALLED: dict[str, Lines] = {"q": ["start qs", "user x", "end qe", "qs > x > qe"]}


def _codes(old: Lines, new: Lines, *, done: str = "", others: dict[str, Lines] | None = None) -> set[str]:
    play = Play(old, CALLED).start()
    if done:
        play.done(done)
    found = plan(play.bundle, bundle_of(sketch(new, others or CALLED)), play.step.state)
    return {f"{problem.element} {problem.code.removeprefix('migration-')}" for problem in found}


def test_an_instance_goes_on_under_models_that_changed_elsewhere() -> None:
    play = Play(FORK).start().done("a")
    later: Lines = [*FORK[:-1], "user c", "j > c > e"]
    new = bundle_of(sketch(later))
    state = migrate(play.bundle, new, play.step.state)
    step = apply(new, state, Complete(play.id("b")), BEGIN)
    assert [work.element for work in step.opened] == ["c"]
    with pytest.raises(WrongCommand, match="another version"):
        apply(new, play.step.state, Complete(play.id("b")), BEGIN)


@pytest.mark.parametrize(
    ("old", "new", "done", "codes"),
    [
        (FORK, [*FORK, "on t a | timer duration PT1H", "t > e"], "", {"a host"}),
        (FORK, [*FORK, "user c", "f > c > j"], "a", {"j incoming"}),
        (FORK, [x if x != "user b" else "job b" for x in FORK], "", {"b kind"}),
        (FORK, [str(x).replace("b", "bb") for x in FORK], "", {"b gone"}),
        (
            FORK,
            [*FORK, "eventsub w", ["start ws | message m key =1", "end we", "ws > we"]],
            "",
            {"a event-sub-processes"},
        ),
        (LOOP, [str(x).replace("collect r", "collect rs") for x in LOOP], "", {"v loop"}),
        (LOOP, ["start s", "user v", "end e", "s > v > e"], "", {"v kind", "v loop", "v gone"}),
        (TIMED, [str(x).replace("duration PT1H", "date =d") for x in TIMED], "", {"c event"}),
        (CALL, ["start s", "user c", "end e", "s > c > e"], "", {"c kind", "c called"}),
    ],
    ids=["boundary", "join", "kind", "gone", "event sub-process", "output", "no loop", "timer", "call"],
)
def test_what_differs_is_said_of_its_element(old: Lines, new: Lines, done: str, codes: set[str]) -> None:
    assert _codes(old, new, done=done) == codes


def test_a_process_that_is_gone_is_an_obstacle_and_refuses() -> None:
    play = Play(CALL, CALLED).start()
    new = bundle_of(sketch(["start s", "call c r", "end e", "s > c > e"], {"r": ["start rs", "user v", "rs > v"]}))
    with pytest.raises(DeploymentRefused) as refused:
        migrate(play.bundle, new, play.step.state)
    assert {problem.code for problem in refused.value.problems} == {"migration-scope", "migration-called"}


def test_an_id_that_was_changed_is_mapped() -> None:
    play = Play(FORK).start().done("a")
    text = " ".join(str(x).replace("b", "review").replace("j", "both") + "\n" for x in FORK).replace(
        "f review", "f review"
    )
    new = bundle_of(sketch([line.strip() for line in text.splitlines()]))
    [gone, _] = plan(play.bundle, new, play.step.state)
    assert gone.code == "migration-gone"
    assert "review" in gone.zh + gone.en
    renamed = {"p": {"b": "review", "j": "both", "a-j": "a-both", "b-j": "review-both"}}
    assert plan(play.bundle, new, play.step.state, renamed) == ()
    state = migrate(play.bundle, new, play.step.state, renamed)
    assert [row.element for row in view(new, state)] == ["review", "both"]
    assert apply(new, state, Complete(play.id("b")), BEGIN).ended


def test_what_hangs_on_a_mapped_id_goes_with_it() -> None:
    model: Lines = [
        "start s", "sub w", ["start ws", "user a | each =[1,2] as i", "user b", "end we", "ws > a > b > we"],
        "on t w | timer duration PT1H", "end e g", "s > w > e", "t > g",
    ]  # fmt: skip
    play = Play(model).start()
    swapped = sketch(model).decode().replace('"w"', '"work"').replace('"s-w"', '"s-work"').replace('"a"', '"vote"')
    new = bundle_of(swapped.encode())
    assert {problem.code for problem in plan(play.bundle, new, play.step.state)} == {GONE}
    renamed = {"p": {"w": "work", "a": "vote"}}
    state = migrate(play.bundle, new, play.step.state, renamed)
    assert {row.element for row in view(new, state)} == {"work", "t", "vote"}
    for task in sorted(play.work):
        state = apply(new, state, Complete(task), BEGIN).state
    assert "b" in {row.element for row in view(new, state)}
