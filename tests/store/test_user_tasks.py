"""The guards of a task: it is completed once, claimed by one, and stands in the inbox of its groups."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from service.domain.errors import NotFound, TaskAlreadyClaimed, TaskAlreadyCompleted
from service.domain.identity import SYSTEM, Actor, Grant
from service.store import user_tasks
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.user_tasks import NEVER, TaskGroup, UserTask
from tests.support.databases import statements
from tests.support.factories import make_instance, make_task, make_user
from tests.support.races import losers, race, winners


@pytest.fixture
def task_id(store: Flask, now: datetime) -> int:
    return transact(lambda work: make_task(work.session).id, actor=SYSTEM, now=now)


@pytest.fixture
def people(store: Flask, now: datetime) -> tuple[int, int]:
    return transact(
        lambda work: (make_user(work.session, name="王敏").id, make_user(work.session, name="李强").id),
        actor=SYSTEM,
        now=now,
    )


def test_race_of_two_people_completing_one_task(
    store: Flask, task_id: int, people: tuple[int, int], now: datetime
) -> None:
    """Without the comparison both would complete it, and the second would write over the first."""

    def completing(person: int) -> object:
        return lambda: transact(
            lambda work: user_tasks.complete(work.session, task_id, by=person, at=now), actor=SYSTEM, now=now
        )

    results = race(store, [completing(person) for person in people] * 2)  # type: ignore[misc]
    assert len(winners(results)) == 1
    assert {type(error) for error in losers(results)} == {TaskAlreadyCompleted}
    task = db.session.get_one(UserTask, task_id)
    winner = {people[0]: "王敏", people[1]: "李强"}[task.completed_by or 0]
    assert {error.details["who"] for error in losers(results)} == {winner}  # type: ignore[attr-defined]
    assert all("于2025年4月1日 10:00办结" in error.text() for error in losers(results))


def test_race_of_two_people_claiming_one_task(
    store: Flask, task_id: int, people: tuple[int, int], now: datetime
) -> None:
    def claiming(person: int) -> object:
        return lambda: transact(
            lambda work: user_tasks.claim(work.session, task_id, person, at=now), actor=SYSTEM, now=now
        )

    results = race(store, [claiming(person) for person in people])  # type: ignore[misc]
    assert len(winners(results)) == 1
    assert [type(error) for error in losers(results)] == [TaskAlreadyClaimed]


def test_claiming_again_is_no_error(store: Flask, task_id: int, people: tuple[int, int], now: datetime) -> None:
    user_tasks.claim(db.session(), task_id, people[0], at=now)
    user_tasks.claim(db.session(), task_id, people[0], at=now)
    with pytest.raises(TaskAlreadyClaimed, match="王敏"):
        user_tasks.claim(db.session(), task_id, people[1], at=now)


def test_a_task_is_handed_over_by_who_holds_it(
    store: Flask, task_id: int, people: tuple[int, int], now: datetime
) -> None:
    user_tasks.claim(db.session(), task_id, people[0], at=now)
    with pytest.raises(TaskAlreadyClaimed):
        user_tasks.assign(db.session(), task_id, people[1], held_by=None, at=now)
    user_tasks.assign(db.session(), task_id, people[1], held_by=people[0], at=now)
    user_tasks.assign(db.session(), task_id, None, held_by=people[1], at=now)
    task = db.session.get_one(UserTask, task_id, populate_existing=True)
    assert (task.assignee_id, task.claimed_at) == (None, None)


def test_a_closed_task_leaves_the_inbox_of_its_groups(store: Flask, now: datetime) -> None:
    instance = make_instance(db.session)
    done, left, stays = (make_task(db.session, instance, ["a@1", "b@1"], engine_task=n) for n in (1, 2, 3))
    user_tasks.complete(db.session(), done.id, by=None, at=now)
    user_tasks.cancel(db.session(), instance.id, [1, 2], at=now)
    still = db.session.scalars(select(TaskGroup.task_id).where(TaskGroup.open).distinct()).all()
    assert still == [stays.id]
    rows = db.session.scalars(
        select(UserTask.status).order_by(UserTask.id), execution_options={"populate_existing": True}
    )
    assert list(rows) == ["completed", "cancelled", "open"]
    with pytest.raises(TaskAlreadyCompleted, match="系统"):
        user_tasks.complete(db.session(), left.id, by=None, at=now)


def test_a_task_that_never_was_is_not_found(store: Flask, now: datetime) -> None:
    with pytest.raises(NotFound):
        user_tasks.complete(db.session(), 4711, by=None, at=now)
    with pytest.raises(NotFound):
        user_tasks.load(db.session(), 4711, SYSTEM)


def test_opening_many_tasks_takes_one_statement(store: Flask, now: datetime) -> None:
    instance = make_instance(db.session)
    tasks = [
        (
            UserTask(
                instance_id=instance.id,
                case_id=instance.case_id,
                engine_task=n,
                element="score",
                name="评分",
                process="expert-review",
                opened_at=now,
            ),
            [f"expert:{n}"],
        )
        for n in range(9)
    ]
    with statements(store) as counted:
        user_tasks.open_all(db.session(), tasks)
    if db.engine.dialect.name == "postgresql":  # in SQLite a statement costs no journey
        assert len(counted.texts) == 1
    assert db.session.scalars(select(TaskGroup.group_key).order_by(TaskGroup.task_id)).all() == [
        f"expert:{n}" for n in range(9)
    ]


def test_the_inboxs_index_follows_its_task(store: Flask, now: datetime) -> None:
    """The database's own doing: whoever changes a task's date or state changes the index with it."""
    task = make_task(db.session, None, ["office@1", "leader@1"])

    def indexed() -> list[tuple[str, datetime, bool]]:
        rows = db.session.execute(
            select(TaskGroup.group_key, TaskGroup.due_order, TaskGroup.open).order_by("group_key")
        )
        return [tuple(row) for row in rows]

    assert indexed() == [("leader@1", NEVER, True), ("office@1", NEVER, True)]
    user_tasks.set_due(db.session(), task.id, now, None)
    assert indexed() == [("leader@1", now, True), ("office@1", now, True)]
    user_tasks.cancel(db.session(), task.instance_id, [task.engine_task], at=now)
    assert indexed() == [("leader@1", now, False), ("office@1", now, False)]


def test_another_due_date_moves_the_task_in_the_inbox(store: Flask, task_id: int, now: datetime) -> None:
    order = select(TaskGroup.due_order).where(TaskGroup.task_id == task_id)
    assert db.session.scalar(order) == NEVER
    user_tasks.set_due(db.session(), task_id, now + timedelta(days=1), {"unit": "date"})
    assert db.session.scalar(order) == now + timedelta(days=1)
    user_tasks.set_due(db.session(), task_id, None, None)
    assert db.session.scalar(order) == NEVER


def test_a_task_is_loaded_with_its_case_and_whether_it_is_ours(store: Flask, task_id: int) -> None:
    clerk = Actor(7, "王敏", 1, frozenset({Grant("local-clerk", 1, "/1/")}))
    stranger = Actor(8, "李强", 2, frozenset({Grant("local-clerk", 2, "/2/")}))
    with statements(store) as counted:
        assert user_tasks.load(db.session(), task_id, clerk).in_group is True
    assert len(counted.texts) == 1
    assert user_tasks.load(db.session(), task_id, stranger).in_group is False
    assert user_tasks.load(db.session(), task_id, SYSTEM).in_group is False


def test_an_inbox_is_read_in_order_from_one_index(store: Flask, task_id: int) -> None:
    """Not by sorting a group's whole backlog: the plan names the index and has no sort."""
    page = (
        select(TaskGroup.task_id, TaskGroup.due_order)
        .where(TaskGroup.group_key == "local-clerk@1", TaskGroup.open)
        .order_by(TaskGroup.due_order, TaskGroup.task_id)
        .limit(51)
    )
    query = str(page.compile(db.engine, compile_kwargs={"literal_binds": True}))
    if db.engine.dialect.name == "postgresql":
        for way in ("seqscan", "bitmapscan"):  # of three rows any way is cheap
            db.session.execute(text(f"SET LOCAL enable_{way} = off"))
    explain = "EXPLAIN " if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    plan = " ".join(str(row) for row in db.session.execute(text(explain + query)))
    assert "ix_task_groups_inbox" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()
