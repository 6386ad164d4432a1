"""Who must not be who: the separation of duties of domain §15, row by row, by real commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as db

from service.commands import attachments, calls, dated_events, task_locks, user_tasks
from service.domain.errors import NotAllowed, NotFound, TaskAlreadyCompleted
from service.domain.identity import Actor, Grant
from service.store.relations import Relation
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from tests.support.office import SAMPLE, Office, sqlite_office
from tests.support.panel import PROGRAMME, SCORE, experts

MONDAY = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
DECLARATION = {"project_name": "示例项目", "member_count": 8, "funds_wan": 120.5, "truthful": True}
RECEIVED = {"copies": 2, "way": "in_person"}


@pytest.fixture
def panel(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample panel with a running case."""
    with sqlite_office(run_folder, tmp_path, PROGRAMME, MONDAY, models="panel") as office:
        office.start("panel")
        yield office


@pytest.fixture
def paper(run_folder: Path, tmp_path: Path) -> Iterator[tuple[Office, UserTask]]:
    """A declaration that was sent, and the task of the office that waits for its paper."""
    with sqlite_office(run_folder, tmp_path, SAMPLE, datetime(2022, 4, 1, 1, 0, tzinfo=UTC)) as office:
        given = {"key": "2022", "year": 2022, "title": "2022 年", "opens_on": date(2022, 3, 1)}
        office.act(calls.open_call, office.programme, dates={"submission": date(2022, 4, 15)}, **given)
        case_id = office.start("two-dates")
        office.complete(office.open_task("submit").id, DECLARATION, office.person("lead"))
        office.act(dated_events.record_event, case_id, "training-held", date(2022, 4, 2), by=office.person("office"))
        (task,) = office.open_tasks(case_id=case_id)
        yield office, task


def test_who_submitted_does_not_handle(paper: tuple[Office, UserTask]) -> None:
    office, task = paper
    lead, clerk = office.person("lead"), office.person("office")
    stranger = replace(
        lead, roles=lead.roles | clerk.roles, organisation_id=None, credit_code=None, interests=frozenset()
    )
    with pytest.raises(NotAllowed):
        office.act(user_tasks.complete, task.id, data=RECEIVED, by=stranger)
    with pytest.raises(NotAllowed):
        office.act(user_tasks.claim, task.id, by=stranger)
    office.act(user_tasks.complete, task.id, data=RECEIVED, by=clerk)


def test_own_staff_in_an_office_neither_sees_nor_acts(paper: tuple[Office, UserTask]) -> None:
    office, task = paper
    lead, clerk = office.person("lead"), office.person("office")
    own = replace(office.person("office", 2), credit_code=lead.credit_code)
    for act in (user_tasks.claim, user_tasks.release):
        with pytest.raises(NotFound):
            office.act(act, task.id, by=own)
    with pytest.raises(NotFound):
        office.act(user_tasks.save_draft, task.id, [], 0, by=own)
    with pytest.raises(NotFound):
        office.act(
            attachments.keep, task.id, "x", attachments.Examined("a.pdf", "application/pdf", b"x", "clean"), by=own
        )
    office.act(user_tasks.claim, task.id, by=clerk)


def test_a_task_is_not_handed_to_whom_a_tie_keeps_out(paper: tuple[Office, UserTask]) -> None:
    office, task = paper
    clerk, tied = office.person("office"), office.person("office", 2)
    office.act(_hand, task.id, tied.user_id, by=clerk)
    office.act(_tie, tied, office.person("lead").credit_code)
    with pytest.raises(NotAllowed):
        office.act(_hand, task.id, tied.user_id, by=clerk)
    for nobody in (office.person("lead").user_id, 999_999):
        with pytest.raises(NotAllowed):
            office.act(_hand, task.id, nobody, by=clerk)


def test_a_tie_that_is_over_keeps_nobody_out(paper: tuple[Office, UserTask]) -> None:
    office, task = paper
    clerk = office.person("office", 2)
    assert clerk.user_id is not None
    office.act(_tie, clerk, office.person("lead").credit_code, date(2022, 3, 31))
    office.act(user_tasks.claim, task.id, by=office.actor(clerk.user_id))


def test_a_score_is_locked_when_it_was_sent_and_nobody_else_writes_it(panel: Office) -> None:
    (expert, other, *_), task = experts(panel), panel.open_tasks("score")[0]
    lead = panel.person("lead")
    recorder = Actor(lead.user_id, "记录人", None, frozenset({Grant("meeting-secretary", 1, "/1/")}))
    for stranger in (other, recorder):
        with pytest.raises(NotFound):
            panel.act(user_tasks.complete, task.id, data=SCORE, by=stranger)
    panel.complete(task.id, SCORE, expert)
    for again in (expert, other, recorder):
        with pytest.raises((TaskAlreadyCompleted, NotFound)):
            panel.act(user_tasks.complete, task.id, data={"score": 10}, by=again)
    assert panel.rows(db.select(Submission.data).where(Submission.task_id == task.id)) == [SCORE]


def _hand(work: UnitOfWork, task_id: int, user_id: int) -> None:
    task_locks.refuse_receiver(work, task_locks.hold(work, task_id), user_id)


def _tie(work: UnitOfWork, person: Actor, unit: str, until: date | None = None) -> None:
    work.session.add(
        Relation(user_id=person.user_id, unit=unit, kind="joint-project", until_on=until, declared_at=work.now)
    )
