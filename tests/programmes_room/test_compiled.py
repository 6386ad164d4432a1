"""A compiled programme runs: the sample from start to each of its ends, on the dates of its notice."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.domain.calendar import Calendar
from service.domain.errors import DeploymentRefused
from service.engine import CaseValues, Command, Complete, Fire, Publish, Start, Step, apply
from service.programmes.closure import Closure, freeze
from service.programmes.compiled import Cache, CompiledProgramme, compile_closure, compiled, deadline_of
from service.programmes.functions import CaseTimes, Parties, functions
from tests.programmes_room.sample import KEY, calendar, letter, sample_files

BEFORE = datetime(2025, 4, 10, 1, tzinfo=UTC)
CLOSES = datetime(2025, 4, 15, 16, tzinfo=UTC)
TRAINED = datetime(2025, 4, 24, 8, tzinfo=UTC)
PAPER_DUE = datetime(2025, 5, 12, 9, 30, tzinfo=UTC)
PARTIES = Parties(applicant_id=7, authority_id=1)


@pytest.fixture(scope="module")
def programme() -> CompiledProgramme:
    return compiled(freeze(sample_files(), KEY))


class Play:
    """One instance of the sample, and what a service around it would remember."""

    def __init__(self, programme: CompiledProgramme, days: Calendar | None = None) -> None:
        self.programme = programme
        self.days = days or calendar()
        self.times = CaseTimes(call_dates={"submission": date(2025, 4, 15)})
        self.view: dict[str, Any] = {}
        self.step: Step = self.do(Start("two-dates", {"case_id": "1"}), BEFORE, first=True)

    def do(self, command: Command, at: datetime, *, first: bool = False) -> Step:
        given = functions(self.programme.manifest, self.days, self.times, PARTIES, at)
        values = CaseValues(view=self.view, lookup={}, functions=given)
        self.step = apply(self.programme.bundle, None if first else self.step.state, command, at, values)
        assert self.step.incidents == () or self.days is not calendar()
        return self.step

    def submit(self, members: int, at: datetime = BEFORE) -> Step:
        (task,) = self.step.opened
        self.view = {"sample_declaration": {"member_count": members}}
        return self.do(Complete(task.task), at)

    def train(self) -> Step:
        self.times = replace(self.times, events={"training-held": date(2025, 4, 24)})
        return self.do(Publish("training-held", "1"), TRAINED)

    def timer(self, element: str) -> Any:
        return next(timer for timer in self.step.timers if timer.element == element)


def test_the_declaration_is_due_when_the_call_closes(programme: CompiledProgramme) -> None:
    play = Play(programme)
    (task,) = play.step.opened
    assert (task.form, task.groups, task.due) == ("sample-declaration", ("lead@7",), CLOSES)
    assert deadline_of(task.due_source) == "submission"
    assert play.timer("closed").due == CLOSES
    assert play.timer("closed").ends == (task.task,)
    # three working days before 15 April, nine in the morning: Thursday the 10th, which is already over at nine
    assert play.timer("remind").due == datetime(2025, 4, 14, 1, tzinfo=UTC)


def test_nobody_submits_and_the_draft_lapses(programme: CompiledProgramme) -> None:
    play = Play(programme)
    step = play.do(Fire(play.timer("closed").task), CLOSES)
    assert (step.ended, step.outcome) == (True, "lapsed")


def test_the_reminder_tells_and_the_task_stays_open(programme: CompiledProgramme) -> None:
    play = Play(programme)
    step = play.do(Fire(play.timer("remind").task), datetime(2025, 4, 14, 1, tzinfo=UTC))
    (asked,) = step.operations
    assert (asked.type, asked.inputs["letter"]) == ("notify", "sample-reminder")
    assert "sample-reminder" in programme.letters
    assert not step.ended


def test_too_few_members_are_refused_by_the_decision(programme: CompiledProgramme) -> None:
    step = Play(programme).submit(4)
    assert step.outcome == "not_accepted"
    assert [taken.decision for taken in step.decisions] == ["sample_verdict"]


def test_paper_is_due_ten_working_days_after_the_training(programme: CompiledProgramme) -> None:
    play = Play(programme)
    assert play.submit(5).messages[0].name == "training-held"
    (task,) = play.train().opened
    assert (task.form, task.groups, task.due) == ("sample-paper-receipt", ("office@1",), PAPER_DUE)
    assert play.timer("paper-late").due == PAPER_DUE
    (asked,) = play.do(Complete(task.task, {"copies": 2}), PAPER_DUE).operations
    assert asked.inputs["letter"] == "sample-receipt"
    step = play.do(Complete(asked.task), PAPER_DUE)
    assert (step.ended, step.outcome) == (True, "accepted")


def test_paper_that_never_comes_is_late(programme: CompiledProgramme) -> None:
    play = Play(programme)
    play.submit(5)
    play.train()
    step = play.do(Fire(play.timer("paper-late").task), PAPER_DUE)
    assert (step.ended, step.outcome) == (True, "late")


def test_without_a_date_in_the_call_no_timer_is_armed(programme: CompiledProgramme) -> None:
    play = Play(programme)
    play.times = CaseTimes()
    step = play.do(Start("two-dates", {"case_id": "1"}), BEFORE, first=True)
    assert step.opened[0].due is None
    assert play.timer("closed").due is None


def test_a_missing_calendar_year_is_an_incident_and_not_a_lost_act(programme: CompiledProgramme) -> None:
    play = Play(programme, days=Calendar([day for day in calendar_days() if day.on.year == 2022]))
    assert play.submit(5).outcome is None
    step = play.train()
    assert {incident.element for incident in step.incidents} >= {"receive", "paper-late"}
    assert all("2025" in incident.zh for incident in step.incidents)


def calendar_days() -> Any:
    return calendar()._days.values()


def test_everything_of_the_closure_is_compiled(programme: CompiledProgramme) -> None:
    assert set(programme.forms) == {"sample-declaration", "sample-paper-receipt"}
    assert set(programme.letters) == {"sample-receipt", "sample-reminder"}
    assert set(programme.decisions) == {"sample_verdict"}
    assert programme.digest == programme.closure.digest


def test_all_problems_of_all_parts_are_told_together() -> None:
    files: Mapping[str, bytes] = {
        **sample_files(),
        f"forms/{KEY}/sample-receipt.letter.md": letter("{{ 1 + }}"),
        f"forms/{KEY}/sample-declaration.form": b'{"id": "sample-declaration", "components": [{"type": "html"}]}',
        f"dmn/{KEY}/sample-verdict.dmn": sample_files()[f"dmn/{KEY}/sample-verdict.dmn"].replace(
            b"&gt;= 5", b"&gt;= ="
        ),
    }
    with pytest.raises(DeploymentRefused) as caught:
        compile_closure(freeze(files, KEY))
    assert {problem.file for problem in caught.value.problems} == {
        path for path in files if files[path] != sample_files()[path]
    }


def test_a_digest_is_compiled_once_and_the_oldest_goes_first() -> None:
    cache, loads = Cache(kept=1), []

    def load() -> Closure:
        loads.append(1)
        return freeze(sample_files(), KEY)

    assert cache.get("a", load) is cache.get("a", load)
    cache.get("b", load)
    cache.get("a", load)
    assert len(loads) == 3


def test_threads_get_one_and_the_same_programme() -> None:
    cache, found = Cache(), []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        found.append(cache.get("a", lambda: freeze(sample_files(), KEY)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1
