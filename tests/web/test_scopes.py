"""What belongs to another authority, or to a case one has to stay out of, does not exist: pages, lists, acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service.commands import calls, dated_events, deployments, incidents, outbox, people, user_tasks
from service.domain.errors import NotAllowed, NotFound, WrongState
from service.domain.identity import SYSTEM, Actor
from service.operations import recipients
from service.programmes.folder import read_folder
from service.queries import case_page, inbox, materials
from service.queries.frame import frame
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.incidents import Incident
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.relations import Relation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import TaskGroup, UserTask
from service.store.users import Grant, User, actor_of
from tests.web.conftest import AT, GOOD, PASSWORD, PROGRAMME, SAMPLE, Browser

Browse = Callable[[str], Browser]
TODAY = date(2025, 4, 1)


@pytest.fixture
def others(site: Flask) -> None:
    """A designer and an administrator of the other authority."""
    with site.app_context():
        for login, role in (("designer-2", "designer"), ("admin-2", "administrator")):
            _act(
                people.add_user,
                login=login,
                name=login,
                organisation="other-authority",
                roles=[role],
                password=PASSWORD,
            )


@pytest.mark.usefixtures("others")
def test_designers_and_administrators_have_their_own_authority_only(site: Flask, browse: Browse) -> None:
    designer, admin = browse("designer-2"), browse("admin-2")
    assert PROGRAMME not in designer.get("/workshop").text
    for path in ("", "/versions/1.zip", "/files/bpmn/sample-two-dates/programme.toml", "/diagrams/two-dates"):
        assert designer.get(f"/workshop/{PROGRAMME}{path}").status_code == 404
        assert browse("designer").get(f"/workshop/{PROGRAMME}{path}").status_code == 200
    assert "2025 年第一批" not in admin.get("/operations/calls").text
    assert admin.get(f"/operations/calls/{PROGRAMME}/new").status_code == 404
    with site.app_context():
        stranger = _person("admin-2")
        with pytest.raises(NotFound):
            _act(
                calls.open_call, PROGRAMME, key="x", year=2025, title="x", opens_on=TODAY, dates={}, by=stranger
            )  # fmt: skip
        with pytest.raises(NotFound):
            _act(deployments.publish, read_folder(SAMPLE, PROGRAMME), PROGRAMME, by=_person("designer-2"))


@pytest.mark.usefixtures("others")
def test_what_is_stuck_is_seen_and_tried_again_by_its_own_administrator(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    with site.app_context():
        incident = transact(_stuck, actor=SYSTEM, now=AT)
        with pytest.raises(NotFound):
            _act(incidents.retry, incident, by=_person("admin-2"))
        db.session.add(Deadline(case_id=1, name="submission", anchor_on=TODAY, due_at=AT + timedelta(days=3)))
        db.session.commit()
    told = browse("admin").get("/operations").text
    assert "某一步停住了" in told
    assert "受影响的期限：网上填报截止" in told
    page = browse("admin-2").get("/operations").text
    assert "某一步停住了" not in page
    assert "mail-of-the-case" not in page


@pytest.mark.usefixtures("others")
def test_what_was_given_up_is_sent_again_by_its_own_administrator(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    admin = browse("admin")
    with site.app_context():
        transact(_stuck, actor=SYSTEM, now=AT)
        entry = db.session.scalars(select(OutboxEntry.id).where(OutboxEntry.dedupe_key == "x")).one()
        with pytest.raises(WrongState):
            _act(outbox.send_again, entry, by=_person("admin"))
        db.session.get_one(OutboxEntry, entry).state = "dead"
        db.session.commit()
        with pytest.raises(NotFound):
            _act(outbox.send_again, entry, by=_person("admin-2"))
    assert f"/operations/outbox/{entry}/again" in admin.get("/operations").text
    assert admin.post(f"/operations/outbox/{entry}/again").status_code == 303
    with site.app_context():
        again = db.session.get_one(OutboxEntry, entry)
        assert (again.state, again.next_try_at, again.tries) == ("pending", AT, 0)


def test_who_runs_the_service_reads_no_case(browse: Browse) -> None:
    task = browse("lead").start()
    case = browse("lead").get(f"/tasks/{task}").text
    assert "示例企业0" in case
    for login in ("admin", "designer"):
        person = browse(login)
        assert "示例企业0" not in person.get("/cases").text
        assert person.get("/cases/1").status_code == 404
        assert person.get("/cases/1/materials").status_code == 404


def test_who_declares_a_tie_stays_out_of_tasks_lists_and_mail(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD})
    assert sent.status_code == 303, sent.text
    office = browse("office")
    with site.app_context():
        _act(dated_events.record_event, 1, "training-held", TODAY, by=_person("office"))
        waiting = select(UserTask.id).join(TaskGroup).where(TaskGroup.group_key.like("office@%"))
        task_id = db.session.scalars(waiting.where(UserTask.status == "open")).first()
        assert task_id is not None
    assert office.get(f"/tasks/{task_id}").status_code == 200
    with site.app_context():
        before = _person("office")
        assert [row.task_id for row in inbox.page(db.session(), before, "groups").rows] == [task_id]
        transact(_tie, before.user_id, "示例企业0有限公司", actor=SYSTEM, now=AT)
        actor = _person("office")
        assert inbox.page(db.session(), actor, "groups").rows == ()
        assert frame(db.session(), actor).open_tasks == 0
        for act in (user_tasks.claim, user_tasks.complete):
            with pytest.raises(NotFound):
                _act(act, task_id, by=actor)
        _act(_tell_office)
        assert "mail:1:test" not in " ".join(db.session.scalars(select(OutboxEntry.dedupe_key)))
    assert office.get(f"/tasks/{task_id}").status_code == 404
    assert office.get("/cases/1").status_code == 404
    assert "示例企业0" not in office.get("/cases").text


def test_dates_are_recorded_by_the_authority_itself(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    with site.app_context():
        for login, refusal in (
            ("lead", NotAllowed),
            ("stranger", NotFound),
            ("elsewhere", NotFound),
            ("admin", NotFound),
        ):
            with pytest.raises(refusal):
                _act(dated_events.record_event, 1, "training-held", TODAY, by=_person(login))


def test_a_role_elsewhere_opens_no_field_here(site: Flask, browse: Browse) -> None:
    """`per-role` of a form asks in which role somebody reads this case, not which roles the person has anywhere."""
    browse("lead").start()
    with site.app_context():
        lead = _person("lead")
        facts = case_page.facts(db.session(), lead, 1)
        assert materials.roles_in(lead, facts) == {"lead"}
        transact(_grant, lead.user_id, "office", "other-authority", actor=SYSTEM, now=AT)
        assert materials.roles_in(_person("lead"), facts) == {"lead"}


def _act(command: Callable[..., Any], *args: Any, by: Actor = SYSTEM, **more: Any) -> Any:
    return transact(command, *args, actor=by, now=AT, **more)


def _person(login: str) -> Actor:
    user_id = db.session.scalar(select(User.id).where(User.login == login))
    actor = actor_of(db.session(), user_id or 0, TODAY)
    assert actor is not None
    return actor


def _stuck(work: UnitOfWork) -> int:
    case = work.session.get_one(Case, 1)
    instance = work.session.scalars(select(Instance).where(Instance.case_id == case.id)).one()
    row = Incident(
        instance_id=instance.id, case_id=case.id, engine_task=1, element="e", name="某一步停住了", code="c", zh="错",
        en="e", opened_at=AT,
    )  # fmt: skip
    work.session.add(row)
    work.session.add(
        OutboxEntry(kind="mail-of-the-case", payload={"case_id": 1}, dedupe_key="x", next_try_at=AT, created_at=AT)
    )
    work.session.flush()
    return row.id


def _tie(work: UnitOfWork, user_id: int, unit: str) -> None:
    work.session.add(Relation(user_id=user_id, unit=unit, kind="relation", declared_at=AT))
    work.session.get_one(User, user_id).email = "office@example.invalid"


def _tell_office(work: UnitOfWork) -> None:
    office = work.session.scalars(select(Organisation.id).where(Organisation.code == "sample-authority")).one()
    recipients.tell_groups(work, [f"office@{office}"], "标题", "正文", case_id=1, once="test")


def _grant(work: UnitOfWork, user_id: int, role: str, organisation: str) -> None:
    place = work.session.scalars(select(Organisation.id).where(Organisation.code == organisation)).one()
    work.session.add(Grant(user_id=user_id, role=role, organisation_id=place))
