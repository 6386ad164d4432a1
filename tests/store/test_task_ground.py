"""What an act on a task reads besides the task, in one statement."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from service.domain.identity import SYSTEM
from service.store import request_keys, user_tasks
from service.store.attachments import Attachment
from service.store.session import db
from service.store.submissions import Draft, Submission
from service.store.task_ground import Acted, Earlier, KeptDraft, TaskGround, task_ground
from service.store.timers import Timer
from tests.support.databases import statements
from tests.support.factories import make_instance, make_task, make_user


def test_an_act_reads_its_ground_in_one_statement(store: Flask, now: datetime) -> None:
    person, instance = make_user(db.session), make_instance(db.session)
    task = make_task(db.session, instance, ["office-clerk@1", "office-head@1"], engine_task=7)
    before = make_task(db.session, instance, ["local-clerk@5"], engine_task=6, element="review")
    user_tasks.complete(db.session(), before.id, by=person.id, at=now)
    request_keys.remember(db.session(), "form-1", {"task_id": task.id}, actor_id=person.id, at=now)
    submitted = [
        Submission(
            case_id=task.case_id, form="opinion", form_digest="d", data={"n": n}, item={"i": n}, submitted_at=now
        )
        for n in (1, 2)
    ]
    timers = [
        Timer(instance_id=instance.id, engine_task=n, element="late", process="p", due_at=due, ends=ends)
        for n, due, ends in ((1, now, [7]), (2, now - timedelta(hours=1), [8]), (3, now + timedelta(hours=1), [7]))
    ]
    draft = Draft(task_id=task.id, user_id=person.id, data={"a": 1}, form_digest="d", revision=3, saved_at=now)
    file = Attachment(
        code="att-1",
        case_id=task.case_id,
        task_id=task.id,
        field="f",
        name="n",
        media_type="m",
        size=1,
        sha256="s",
        uploaded_at=now,
    )
    db.session.add_all([*submitted, *timers, draft, file])
    db.session.flush()
    with statements(store) as counted:
        found = task_ground(db.session(), task, person=person.id, form="opinion", now=now, request_key="form-1")
    assert len(counted.texts) == 1
    assert found == TaskGround(
        groups=frozenset({"office-clerk@1", "office-head@1"}),
        over_at=now,
        acted=(Acted("review", "local-clerk@5"),),
        draft=KeptDraft({"a": 1}, 3, now),
        files=frozenset({"att-1"}),
        earlier=Earlier({"n": 2}, {"i": 2}),
        answered={"task_id": task.id},
        answered_to=person.id,
        is_first=False,
    )


def test_of_several_forms_the_one_submitted_last_is_continued(store: Flask, now: datetime) -> None:
    task = make_task(db.session)
    for n, form in enumerate(("local-checklist", "completeness-checklist", "opinion")):
        data = {"defects": [n]}
        db.session.add(
            Submission(case_id=task.case_id, form=form, form_digest="d", data=data, item={}, submitted_at=now)
        )
        db.session.flush()
    both = "local-checklist completeness-checklist"
    found = task_ground(db.session(), task, person=None, form=both, now=now)
    assert found.earlier == Earlier({"defects": [1]}, {})


def test_a_new_task_stands_on_its_groups_alone(store: Flask, now: datetime) -> None:
    task = make_task(db.session)
    found = task_ground(db.session(), task, person=SYSTEM.user_id, form="opinion", now=now)
    assert found == TaskGround(groups=frozenset({"local-clerk@1"}))
