"""Several want the same task: one gets it, the others are told who and when; a request sent twice is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest

from service.clock import jobs
from service.commands import calls, user_tasks
from service.commands.user_tasks import Completion
from service.domain.errors import Conflict, StaleDraft, TaskAlreadyClaimed, TaskAlreadyCompleted
from service.domain.identity import Actor
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.session import db
from service.store.submissions import Draft, Submission
from service.store.unit_of_work import transact
from service.store.user_tasks import UserTask
from tests.support.invariants import Ack, check
from tests.support.office import Office
from tests.support.panel import SCORE
from tests.support.races import losers, race, winners

ROUNDS = 5
WHEN = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def clerks(panel: Office) -> list[Actor]:
    return [panel.person("clerk"), panel.person("clerk", 2)]


def completing(panel: Office, task_id: int, by: Actor, key: str | None = None) -> Callable[[], Completion]:
    return partial(panel.complete, task_id, SCORE, by, key)


def refusals(results: list[Any], kind: type[Conflict]) -> list[tuple[str, str]]:
    """Who and when, as each loser was told; all losers must be of the kind."""
    lost = losers(results)
    assert {type(error) for error in lost} == {kind}
    return [(error.details["who"], error.details["when"]) for error in lost]  # type: ignore[attr-defined]


def test_race_of_two_who_complete_one_task(panel: Office, clerks: list[Actor]) -> None:
    acks = []
    for _ in range(ROUNDS):
        task = panel.open_tasks("piece", panel.start("desk"))[0]
        results = race(panel.app, [completing(panel, task.id, by) for by in clerks])
        assert len(winners(results)) == 1
        winner = clerks[0] if isinstance(results[0], Completion) else clerks[1]
        assert refusals(results, TaskAlreadyCompleted) == [(winner.name, WHEN)]
        acks.append(Ack(task.id, winner.user_id or 0))
    assert panel.count(Submission) == ROUNDS
    assert check(acks).breaches == {}


def test_race_of_the_same_request(panel: Office, clerks: list[Actor]) -> None:
    """The request's key: without it the second copy of a double click would be told that somebody else was first."""
    for number in range(ROUNDS):
        task = panel.open_tasks("piece", panel.start("desk"))[0]
        results = race(panel.app, [completing(panel, task.id, clerks[0], f"request-{number}")] * 4)
        assert losers(results) == []
        assert len(set(results)) == 1
    assert panel.count(Submission) == ROUNDS
    assert panel.count(AuditEntry, AuditEntry.action == "task-completed") == ROUNDS
    assert check().breaches == {}


def test_a_repeat_long_after_gets_the_first_answer(panel: Office, clerks: list[Actor]) -> None:
    case_id = panel.start("desk")
    first, *others = panel.open_tasks("piece", case_id)
    answer = panel.complete(first.id, SCORE, clerks[0], "request-1")
    for task in others:
        panel.complete(task.id, SCORE, clerks[1])
    assert panel.complete(first.id, SCORE, clerks[0], "request-1") == answer
    assert panel.count(Submission) == 4


def test_the_key_of_another_task_is_no_answer(panel: Office, clerks: list[Actor]) -> None:
    """A program that reuses a key must not take the first task's answer for the second one's."""
    first, second, *_ = panel.open_tasks("piece", panel.start("desk"))
    panel.complete(first.id, SCORE, clerks[0], "request-1")
    with pytest.raises(Conflict):
        panel.complete(second.id, SCORE, clerks[0], "request-1")
    with pytest.raises(Conflict):
        panel.complete(first.id, SCORE, clerks[1], "request-1")
    assert panel.count(Submission) == 1


def test_race_of_two_tasks_with_one_key(panel: Office, clerks: list[Actor]) -> None:
    """Two cases, two locks: only the unique key sees that one of the two requests is not what it says."""
    tasks = [panel.open_tasks("piece", panel.start("desk"))[0] for _ in range(2)]
    results = race(panel.app, [completing(panel, task.id, clerks[0], "request-1") for task in tasks])
    assert len(winners(results)) == 1
    assert [type(error) for error in losers(results)] == [Conflict]
    assert panel.count(Submission) == 1
    assert check().breaches == {}


def test_race_of_two_who_claim_one_task(panel: Office, clerks: list[Actor]) -> None:
    for _ in range(ROUNDS):
        task = panel.open_tasks("piece", panel.start("desk"))[0]
        acts = [partial(panel.act, user_tasks.claim, task.id, by=by) for by in clerks]
        results = race(panel.app, acts)
        (holder,) = panel.rows(db.select(UserTask.assignee_id).where(UserTask.id == task.id))
        (winner,) = [by for by in clerks if by.user_id == holder]
        assert refusals(results, TaskAlreadyClaimed) == [(winner.name, WHEN)]
    assert panel.count(AuditEntry, AuditEntry.action == "task-claimed") == ROUNDS


def test_race_of_one_who_claims_and_one_who_completes(panel: Office, clerks: list[Actor]) -> None:
    for _ in range(ROUNDS):
        task = panel.open_tasks("piece", panel.start("desk"))[0]
        results = race(
            panel.app,
            [partial(panel.act, user_tasks.claim, task.id, by=clerks[0]), completing(panel, task.id, clerks[1])],
        )
        (lost,) = losers(results)
        first = clerks[1] if isinstance(lost, TaskAlreadyCompleted) else clerks[0]
        assert isinstance(lost, TaskAlreadyCompleted | TaskAlreadyClaimed)
        assert lost.details["who"] == first.name
    assert check().breaches == {}


def test_race_of_two_windows_that_save_a_draft(panel: Office, clerks: list[Actor]) -> None:
    """Without a revision the second window would write over what the first has kept."""
    task = panel.open_tasks("piece", panel.start("desk"))[0]
    saves = [partial(panel.act, user_tasks.save_draft, task.id, [("score", n)], 0, by=clerks[0]) for n in "12"]
    results = race(panel.app, saves)
    assert winners(results) == [1]
    assert [type(error) for error in losers(results)] == [StaleDraft]
    assert panel.count(Draft) == 1


def test_race_of_an_act_in_the_last_moment_and_the_clock(two_dates: Office) -> None:
    """The act came in time and the clock came at the hour: one of them moves the case, and the other finds it moved."""
    due = datetime(2022, 4, 15, 16, 0, tzinfo=UTC)
    two_dates.act(
        calls.open_call, two_dates.programme, key="2022", year=2022, title="2022年", opens_on=date(2022, 3, 1),
        dates={"submission": date(2022, 4, 15)},
    )  # fmt: skip
    data = {"project_name": "示例项目", "member_count": 8, "funds_wan": 120.5, "truthful": True}
    lead = two_dates.person("lead")
    for _ in range(ROUNDS):
        case_id = two_dates.start("two-dates")
        task_id = two_dates.open_task("submit", case_id).id
        act = partial(transact, user_tasks.complete, task_id, data=data, actor=lead, now=due - datetime.resolution)
        results = race(two_dates.app, [act, partial(jobs.fire_due_timers, due)])
        (case,) = two_dates.rows(db.select(Case).where(Case.id == case_id))
        if losers(results):
            assert [type(error) for error in losers(results)] == [TaskAlreadyCompleted]
            assert case.outcome == "lapsed"
        else:
            assert case.state == "submitted"
        jobs.fire_due_timers(due)
    assert two_dates.open_tasks() == []
    assert check().breaches == {}
