"""Several publish, or tick, at once: each message moves or begins one case, each start timer fires once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from service.clock import jobs
from service.commands import correlation, deployments
from service.commands.correlation import Correlated, Publication
from service.commands.deployments import NewerVersion
from service.domain.errors import WrongState
from service.domain.identity import SYSTEM
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.start_events import StartEventRow
from service.store.unit_of_work import transact
from service.store.user_tasks import UserTask
from tests.events.conftest import KEY, MANIFEST, START, files
from tests.support.invariants import check
from tests.support.office import Office
from tests.support.races import losers, race

ROUNDS = 4
WIDE = 4


@pytest.fixture(autouse=True)
def sound(events_on_both: Office) -> Iterator[None]:
    """Whoever won: what must always hold does."""
    yield
    assert check().breaches == {}


def publishing(name: str, key: str | None, **variables: Any) -> Callable[[], Correlated]:
    message = Publication(name, key, variables)
    return partial(transact, correlation.correlate, message, actor=SYSTEM, now=START)


def test_race_of_publishers_for_one_waiting_case(events_on_both: Office) -> None:
    for number in range(ROUNDS):
        key = str(number)
        publishing("ask", key, no=key)()
        results = race(events_on_both.app, [publishing("answered", key) for _ in range(WIDE)])
        assert losers(results) == []
        assert sum(len(result.moved) for result in results) == 1
    assert events_on_both.count(UserTask, UserTask.element == "a") == ROUNDS


def test_race_of_publishers_for_several_that_wait_for_one_key(events_on_both: Office) -> None:
    for _ in range(WIDE):
        publishing("ask", None, no="7")()
    results = race(events_on_both.app, [publishing("answered", "7") for _ in range(WIDE)])
    assert losers(results) == []
    assert sorted(case for result in results for case in result.moved) == sorted(
        events_on_both.rows(select(Case.id).where(Case.procedure == "asking"))
    )


def test_race_of_publishers_to_begin_a_case_with_one_key(events_on_both: Office) -> None:
    for number in range(ROUNDS):
        results = race(events_on_both.app, [publishing("filed", str(number)) for _ in range(WIDE)])
        assert losers(results) == []
        assert sum(len(result.begun) for result in results) == 1
    assert events_on_both.count(Case) == ROUNDS


def test_race_of_publishers_of_one_message_id(events_on_both: Office) -> None:
    once = Publication("filed", None, {}, timedelta(hours=1), "one")
    act = partial(transact, correlation.correlate, once, actor=SYSTEM, now=START)
    results = race(events_on_both.app, [act for _ in range(WIDE)])
    assert [type(error) for error in losers(results)] == [WrongState] * (WIDE - 1)
    assert events_on_both.count(Case) == 1


def test_race_of_designers_who_have_changed_the_same_version(events_on_both: Office) -> None:
    (base,) = events_on_both.rows(select(Deployment.id))
    changed = [files(manifest=f"{MANIFEST}\n# {number}") for number in range(WIDE)]
    one = partial(transact, deployments.publish, actor=SYSTEM, now=START, base=base)
    results = race(events_on_both.app, [partial(one, each, KEY) for each in changed])
    assert [type(error) for error in losers(results)] == [NewerVersion] * (WIDE - 1)
    assert events_on_both.count(Deployment) == 2


def test_race_of_clocks_for_one_start_timer(events_on_both: Office) -> None:
    due = START + timedelta(days=1)
    results = race(events_on_both.app, [partial(jobs.begin_cases, due) for _ in range(WIDE)])
    assert losers(results) == []
    assert events_on_both.count(Case) == 1
    (row,) = events_on_both.rows(select(StartEventRow).where(StartEventRow.kind == "timer"))
    assert row.due_at == due + timedelta(days=1)
