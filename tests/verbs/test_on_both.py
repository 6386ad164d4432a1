"""The rows behind the verbs, once on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from service.commands import case_verbs, deputies, signing, task_verbs, user_tasks
from service.domain.deadlines import local_date
from service.queries import asked, inbox, verbs
from service.queries import deputies as deputy_rows
from service.store.session import db
from tests.support.invariants import check
from tests.support.office import DATA, Office, open_office
from tests.verbs.conftest import BEGIN, PROGRAMME
from tests.verbs.test_task_verbs import AGREE, WHY, at, forked, names, row


@pytest.fixture
def office(app_on_both: Flask) -> Iterator[Office]:
    """The sample programme of verbs."""
    with app_on_both.app_context():
        yield open_office(app_on_both, PROGRAMME, BEGIN, DATA / "verbs")
        db.session.remove()


def test_a_case_with_every_verb(office: Office) -> None:
    clerk, other, first = forked(office)
    voter, head, today = office.person("voter"), office.person("head"), local_date(office.now)
    case_id, task = row(office, first).case_id, at(office, "recheck")
    office.act(task_verbs.delegate, task, other.user_id, WHY, by=clerk)
    office.act(user_tasks.save_draft, task, [("agree", "agree")], 0, by=other)
    office.act(task_verbs.hand_back, task, by=other)
    office.act(signing.add_signer, task, voter.user_id, "before", WHY, by=clerk)
    assert len(asked.to_sign(db.session(), voter).rows) == 1
    db.session.remove()
    office.act(signing.sign, task, True, WHY, by=voter)
    office.act(signing.add_signer, task, head.user_id, "after", WHY, by=clerk)
    office.act(task_verbs.copy, task, head.user_id, WHY, by=clerk)
    office.act(task_verbs.urge, task, by=head)
    office.act(task_verbs.set_due, task, today + timedelta(days=2), WHY, by=head)
    office.act(case_verbs.suspend, case_id, WHY, by=clerk)
    office.tick(office.now + timedelta(days=1))
    office.act(case_verbs.resume, case_id, WHY, by=clerk)
    office.complete(task, AGREE, clerk)
    office.act(signing.sign, task, True, WHY, by=head)
    office.act(task_verbs.send_back, at(office, "second"), "recheck", "resume", WHY, by=clerk)
    assert names(office) == ["二次复核", "会签", "会签", "会签", "复核"]
    office.complete(at(office, "recheck"), AGREE, clerk)
    assert check().hold, check().breaches


def test_a_deputy_and_a_hand_over(office: Office) -> None:
    clerk, other, _ = forked(office)
    task, today = at(office, "recheck"), local_date(office.now)
    office.act(user_tasks.claim, task, by=clerk)
    office.act(deputies.appoint, other.user_id, roles=["clerk"], from_on=today, to_on=today, by=clerk)
    stands = office.actor(other.user_id or 0)
    assert [one.task_id for one in inbox.page(db.session(), stands, "mine").rows] == [task]
    assert verbs.of_task(db.session(), stands, task, office.now).verbs
    assert len(deputy_rows.of_person(db.session(), clerk, today)) == 1
    assert [one.open_tasks for one in deputy_rows.laden(db.session(), other).rows] == [1]
    db.session.remove()
    office.act(deputies.hand_over, task, clerk.user_id, None, "离职", by=office.person("head"))
    assert row(office, task).assignee_id is None
