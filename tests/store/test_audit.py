"""The trail: written with the act, sealed in order, and every change to it is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from service.domain.identity import SYSTEM, Actor
from service.store import audit, audit_chain
from service.store.audit import AuditEntry
from service.store.audit_chain import Break
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.races import losers, race

CLERK = Actor(7, "王敏")


def act(work: UnitOfWork, count: int = 1) -> None:
    for n in range(count):
        audit.record(
            work.session,
            work.actor,
            "task-completed",
            at=work.now + timedelta(seconds=n),
            object_type="user-task",
            object_id=n,
            case_id=1,
            details={"name": "初审", "share": 0.6, "n": n},
        )


def seal(work: UnitOfWork, limit: int = 1000) -> int:
    return audit_chain.seal(work.session, limit=limit)


@pytest.fixture
def sealed(store: Flask, now: datetime) -> Flask:
    transact(act, 10, actor=CLERK, now=now)
    assert transact(seal, 4, actor=SYSTEM, now=now) == 4
    assert transact(seal, actor=SYSTEM, now=now) == 6
    return store


@pytest.fixture
def unguarded(sealed: Flask) -> Iterator[None]:
    """A database whose owner has switched the guard off, as an intruder would."""
    if db.engine.dialect.name == "sqlite":
        for name in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER audit_entries_{name}"))
    else:
        db.session.execute(text("SET session_replication_role = replica"))
    yield
    db.session.rollback()


def test_a_sealed_trail_holds(sealed: Flask) -> None:
    report = audit_chain.verify(db.session())
    assert (report.sealed, report.unsealed, report.holds) == (10, 0, True)
    assert transact(seal, actor=SYSTEM, now=datetime.now().astimezone()) == 0


def test_the_tail_that_is_not_sealed_is_reported(sealed: Flask, now: datetime) -> None:
    transact(act, 3, actor=CLERK, now=now + timedelta(hours=1))
    report = audit_chain.verify(db.session())
    assert (report.sealed, report.unsealed, report.oldest_unsealed_at) == (10, 3, now + timedelta(hours=1))


def test_an_act_that_fails_leaves_no_entry(store: Flask, now: datetime) -> None:
    def fail(work: UnitOfWork) -> None:
        act(work)
        work.session.flush()
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 # our own, above
        transact(fail, actor=CLERK, now=now)
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_race_of_two_sequencers(store: Flask, now: datetime) -> None:
    """Without the sequence's row lock both would give the same numbers, or leave gaps."""
    transact(act, 40, actor=CLERK, now=now)
    results = race(store, [lambda: sum(transact(seal, 5, actor=SYSTEM, now=now) for _ in range(8))] * 3)
    assert losers(results) == []
    assert sum(results) == 40
    assert audit_chain.verify(db.session()).holds


@pytest.mark.parametrize("change", ["at", "actor_name", "action", "object_id", "details", "case_id", "hash"])
def test_a_changed_entry_is_found(sealed: Flask, unguarded: None, change: str) -> None:
    value = {"at": text("'2020-01-01 00:00:00'"), "details": {"name": "复审"}, "case_id": 2}.get(change, "x")
    db.session.execute(update(AuditEntry).where(AuditEntry.seq == 5).values({change: value}))
    assert Break(5, "changed") in audit_chain.verify(db.session()).breaks


def test_a_removed_entry_is_found(sealed: Flask, unguarded: None) -> None:
    db.session.execute(delete(AuditEntry).where(AuditEntry.seq == 5))
    assert audit_chain.verify(db.session()).breaks[0] == Break(5, "missing")


def test_two_exchanged_entries_are_found(sealed: Flask, unguarded: None) -> None:
    for old, new in ((5, 500), (6, 5), (500, 6)):
        db.session.execute(update(AuditEntry).where(AuditEntry.seq == old).values(seq=new))
    assert not audit_chain.verify(db.session()).holds


def test_a_cut_off_tail_is_found(sealed: Flask, unguarded: None) -> None:
    db.session.execute(delete(AuditEntry).where(AuditEntry.seq > 8))
    assert audit_chain.verify(db.session()).breaks == (Break(10, "cut-off"),)


def test_a_chain_made_anew_is_found_by_a_head_kept_elsewhere(sealed: Flask, unguarded: None) -> None:
    head = audit_chain.verify(db.session()).head
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.seq == 10)).one()
    entry.actor_name = "somebody else"
    entry.hash = audit_chain.hash_of(10, entry, entry.previous_hash or "")
    db.session.flush()
    assert audit_chain.verify(db.session()).holds
    assert audit_chain.verify(db.session(), {10: head}).breaks == (Break(10, "changed"),)
    assert audit_chain.verify(db.session(), {12: head}).breaks == (Break(12, "cut-off"),)


@pytest.mark.parametrize(
    "statement",
    [
        update(AuditEntry).where(AuditEntry.seq == 5).values(actor_name="x"),
        update(AuditEntry).where(AuditEntry.seq == 5).values(seq=None),
        delete(AuditEntry).where(AuditEntry.seq == 5),
    ],
    ids=["change", "unseal", "delete"],
)
def test_the_database_itself_refuses_to_change_an_entry(sealed: Flask, statement: object) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(statement)  # type: ignore[call-overload]


def test_an_unsealed_entry_is_not_changed_either(store: Flask, now: datetime) -> None:
    transact(act, actor=CLERK, now=now)
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(update(AuditEntry).values(details={"name": "x"}))


def test_the_last_value_of_each_decision(store: Flask, now: datetime) -> None:
    def decide(work: UnitOfWork, case_id: int, decision: str, value: str) -> None:
        audit.record(
            work.session,
            work.actor,
            "decision-taken",
            at=work.now,
            object_type=audit.DECISION,
            object_id=decision,
            case_id=case_id,
            details={"value": value},
        )

    for case_id, decision, value in ((1, "verdict", "return"), (2, "verdict", "x"), (1, "verdict", "accept")):
        transact(decide, case_id, decision, value, actor=SYSTEM, now=now)
    assert audit.decisions_of(db.session(), 1) == {"verdict": "accept"}
