"""The search over cases by their texts: the same on both databases, rebuilt from nothing, narrow to who reads them."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from service.commands import case_texts
from service.domain.identity import CLOCK
from service.queries import due
from service.store import audit
from service.store.case_texts import CaseText, holds
from service.store.cases import Case
from service.store.members import Member
from service.store.papers import Paper
from service.store.session import db
from service.store.unit_of_work import transact
from tests.support.factories import make_instance

TITLE = "长春市智能底盘创新联合体"


@pytest.fixture
def case(store: Flask, now: datetime) -> Case:
    """A case with a member and a paper, whose acts are sealed."""
    instance = make_instance(db.session)
    case = db.session.get_one(Case, instance.case_id)
    case.title, case.number = TITLE, "CXLHT-2025-0017"
    db.session.add(Member(case_id=case.id, position=1, name="长春北湖理工大学", credit_code="91220101MA00000X0A"))
    db.session.add(
        Paper(case_id=case.id, letter="l", number="绿科函〔2025〕3号", code="K7", title="函", body="", issued_at=now)
    )
    audit.record(db.session(), CLOCK, "case-started", at=now, object_type="case", object_id=1, case_id=case.id)
    db.session.flush()
    seal(1)
    return case


def seal(seq: int) -> None:
    db.session.execute(audit.AuditEntry.__table__.update().where(audit.AuditEntry.seq.is_(None)).values(seq=seq))
    db.session.commit()


def found(query: str) -> list[int]:
    return list(db.session.scalars(select(Case.id).where(Case.id.in_(holds(db.session(), query)))))


def test_a_case_is_found_by_what_is_known_of_it(case: Case, now: datetime) -> None:
    assert due.case_texts(db.session(), now) == [case.id]
    assert transact(case_texts.index, case.id, actor=CLOCK, now=now)
    assert due.case_texts(db.session(), now) == []
    assert not transact(case_texts.index, case.id, actor=CLOCK, now=now), "another clock has written it"
    for query in (
        "智能底盘",
        "盘",
        "北湖理工",
        "2025-0017",
        "绿科函〔2025〕3号",
        "91220101MA",
        "智能 北湖",
        "ＣＸＬＨＴ",
    ):
        assert found(query) == [case.id], query
    for query in ("底盘智能", "智能 南湖", "100%", "_", "智能底盘x", '"', "') OR 1=1 --", "AND", "*"):
        assert found(query) == [], query


def test_what_is_done_later_is_found_later_and_what_was_lost_is_written_anew(case: Case, now: datetime) -> None:
    transact(case_texts.index, case.id, actor=CLOCK, now=now)
    db.session.get_one(Case, case.id).title = "长春市光电信息创新联合体"
    audit.record(db.session(), CLOCK, "task-completed", at=now, object_type="case", object_id=1, case_id=case.id)
    db.session.flush()
    seal(2)
    assert due.case_texts(db.session(), now) == [case.id]
    transact(case_texts.index, case.id, actor=CLOCK, now=now)
    assert (found("光电"), found("底盘")) == ([case.id], [])
    db.session.execute(CaseText.__table__.delete())
    db.session.commit()
    assert (found("光电"), due.case_texts(db.session(), now)) == ([], [case.id])
