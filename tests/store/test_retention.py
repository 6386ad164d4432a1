"""Personal data whose time is over are shown in a plan, then taken away; the trail and what was granted stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from service import cli
from service.commands import backup, expired, retention
from service.commands.expired import Plan
from service.commands.ports import ports
from service.delivery.blobs import BlobMissing
from service.domain.personal import Periods
from service.queries import audit
from service.store import archive
from service.store.api_tokens import ApiToken
from service.store.attachments import ERASED, Attachment
from service.store.cases import Case
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.register import RegisterEntry
from service.store.registrations import Registration
from service.store.session import db
from service.store.submissions import Draft, Submission
from service.store.task_links import TaskLink
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from service.store.users import User
from tests.support.personal import IDENTITY, MOBILE, NOW, Declared, declared

BESIDE = ("messages", "registrations", "tokens")
PERIODS = Periods(personal=300, sensitive=100, files=200, drafts=30, mail=10, messages=30, registrations=30, tokens=30)


@pytest.fixture
def case(sqlite_url: str, tmp_path: Path) -> Iterator[Declared]:
    """The case has ended today, not granted."""
    with declared(sqlite_url, tmp_path) as found:
        found.office.act(_end, found.case_id)
        yield found


@pytest.fixture
def case_on_both(database: str, tmp_path: Path) -> Iterator[Declared]:
    """The same on each kind of database."""
    with declared(database, tmp_path) as found:
        found.office.act(_end, found.case_id)
        yield found


def _end(work: UnitOfWork, case_id: int) -> None:
    work.session.get_one(Case, case_id).ended_at = work.now


def _plan(case: Declared, days: int) -> Plan:
    case.office.now = NOW + timedelta(days=days)
    found = expired.plan(db.session(), PERIODS, case.office.now)
    db.session.remove()
    return found


def _data(case: Declared) -> dict[str, Any]:
    return dict(case.office.rows(select(Submission.data))[0])


def test_each_class_goes_in_its_time_and_the_trail_holds(case_on_both: Declared) -> None:
    case = case_on_both
    (sha256,) = case.office.rows(select(Attachment.sha256))
    assert _plan(case, 99).cases == ()
    (first,) = _plan(case, 100).cases
    assert (first.fields, first.files) == (1, 0)
    assert case.office.act(retention.clear_case, case.case_id, PERIODS) == frozenset()
    assert (_data(case)["identity_number"], _data(case)["contact_mobile"]) == (None, MOBILE)
    assert _plan(case, 100).cases == ()
    (then,) = _plan(case, 300).cases
    assert (then.fields, then.files) == (1, 1)
    hashes = case.office.act(retention.clear_case, case.case_id, PERIODS)
    assert hashes == {sha256}
    assert (_data(case)["contact_mobile"], _data(case)["project_name"]) == (None, "智能底盘")
    assert case.office.act(retention.forget_files, hashes) == 1
    with pytest.raises(BlobMissing):
        ports().blobs.read(sha256)
    (left,) = case.office.rows(select(Attachment))
    assert (left.scan, left.name, left.sha256) == (ERASED, "已按期限清除", "")
    case.office.tick()
    assert audit.verify(db.session()).holds
    assert backup.verify().whole


def test_bytes_that_another_row_names_stay(case: Declared) -> None:
    (kept,) = case.office.rows(select(Attachment))
    _plan(case, 200)
    hashes = case.office.act(retention.clear_case, case.case_id, PERIODS)
    case.office.act(_again, kept)
    assert case.office.act(retention.forget_files, hashes) == 0
    assert ports().blobs.read(kept.sha256)


def _again(work: UnitOfWork, kept: Attachment) -> None:
    names = ("case_id", "task_id", "field", "media_type", "size", "sha256", "uploaded_by", "uploaded_at")
    values = {name: getattr(kept, name) for name in names}
    work.session.add(Attachment(code="att-other", name="另一份.pdf", scan="clean", **values))


def test_what_was_granted_is_kept(case: Declared) -> None:
    case.office.act(_register, case.case_id)
    assert _plan(case, 5000).cases == ()


def _register(work: UnitOfWork, case_id: int) -> None:
    work.session.add(
        RegisterEntry(number="示例〔2025〕1号", programme="sample-two-dates", name="示例联合体", case_id=case_id,
                      state="operating", entered_on=date(2025, 4, 1))
    )  # fmt: skip


def test_old_drafts_and_texts_of_mail_go_and_those_in_use_stay(case_on_both: Declared) -> None:
    case = case_on_both
    case.office.act(_leave_behind, case.case_id)
    found = _plan(case, 40)
    assert (found.rest["drafts"], found.rest["mails"] >= 1) == (1, True)
    taken, _ = case.office.act(retention.clear_rest, PERIODS)
    assert taken == found.rest
    assert case.office.rows(select(OutboxEntry.payload).where(OutboxEntry.dedupe_key == "old")) == [{}]
    assert case.office.rows(select(OutboxEntry.payload).where(OutboxEntry.dedupe_key == "waits")) == [{"text": MOBILE}]
    after = _plan(case, 40)
    assert not any(after.rest.values())


def _leave_behind(work: UnitOfWork, case_id: int) -> None:
    task_id = work.session.scalars(select(UserTask.id).where(UserTask.case_id == case_id)).first()
    work.session.execute(update(UserTask).where(UserTask.id == task_id).values(status="cancelled"))
    person = work.session.scalars(select(Submission.submitted_by)).first()
    work.session.add(Draft(task_id=task_id, user_id=person, data={"m": MOBILE}, form_digest="", saved_at=NOW))
    for key, state in (("old", "done"), ("waits", "pending")):
        work.session.add(
            OutboxEntry(kind="mail", payload={"text": MOBILE}, dedupe_key=key, state=state, next_try_at=NOW,
                        created_at=NOW, done_at=NOW if state == "done" else None)
        )  # fmt: skip


def test_each_kind_beside_the_cases_goes_in_its_time(case_on_both: Declared) -> None:
    case = case_on_both
    case.office.act(_fill_the_rest, case.case_id)
    found = _plan(case, 29).rest
    assert {kind: count for kind, count in found.items() if count} == {"addresses": 1, "mails": found["mails"]}
    found = _plan(case, 30).rest
    assert {kind: found[kind] for kind in BESIDE} == {"messages": 2, "registrations": 2, "tokens": 1}
    taken, licences = case.office.act(retention.clear_rest, PERIODS)
    assert {kind: taken[kind] for kind in BESIDE} == {"messages": 2, "registrations": 2, "tokens": 1}
    assert licences == {"licence-of-decided", "licence-of-asked"}
    left = case.office.rows(select(Registration).order_by(Registration.code))
    assert [(row.code, row.state, row.email, row.profile, row.licence_sha256) for row in left] == [
        ("asked", "refused", "", {}, ""),
        ("decided", "approved", "", {}, ""),
        ("waits", "open", "c@c.invalid", {"contact_mobile": MOBILE}, "licence-of-waits"),
    ]
    assert case.office.rows(select(TaskLink.address).order_by(TaskLink.token_hash)) == ["", "member@m.invalid"]
    assert case.office.rows(select(Message.title).where(Message.title.like("第%"))) == ["第二条"]
    assert case.office.rows(select(ApiToken.name)) == ["在用"]
    assert not any(_plan(case, 30).rest.values())


def _fill_the_rest(work: UnitOfWork, case_id: int) -> None:
    """Of each kind one that is over in thirty days, and one that is kept."""
    place, person = (work.session.scalars(select(one)).first() for one in (Organisation.id, User.id))
    for code, state in (("decided", "approved"), ("asked", "asked"), ("waits", "open")):
        work.session.add(
            Registration(code=code, name="示例单位", credit_code=code, email="c@c.invalid", state=state, due_at=NOW,
                         profile={"contact_mobile": MOBILE}, licence={"name": "a.pdf"}, competent_id=place,
                         licence_sha256=f"licence-of-{code}", lodged_at=NOW, token_hash=code,
                         decided_at=None if state == "open" else NOW)
        )  # fmt: skip
    task_id = work.session.scalars(select(UserTask.id).where(UserTask.case_id == case_id)).first()
    for token, revoked in (("a", NOW), ("b", None)):
        work.session.add(
            TaskLink(token_hash=token, task_id=task_id, address="member@m.invalid", sent_at=NOW, revoked_at=revoked)
        )
    work.session.execute(update(UserTask).where(UserTask.id == task_id).values(status="open"))
    for title, day in (("第一条", NOW), ("第二条", NOW + timedelta(days=1))):
        work.session.add(Message(user_id=person, title=title, body=MOBILE, created_at=day))
    for name, ends in (("过期", NOW), ("在用", NOW + timedelta(days=365))):
        work.session.add(
            ApiToken(user_id=person, name=name, digest=name, beginning="", scopes=[], created_at=NOW, expires_at=ends)
        )


def test_a_kept_licence_is_saved_with_the_files_and_not_forgotten_with_another_row(case: Declared) -> None:
    case.office.act(_fill_the_rest, case.case_id)
    assert {"licence-of-decided", "licence-of-waits"} <= archive.blob_names(db.session())


def test_the_command_plans_first_and_acts_on_yes(case: Declared, sqlite_url: str, tmp_path: Path) -> None:
    environment = {
        "SHENBAO_DEVELOPMENT": "1", "SHENBAO_SECRET_KEY": "a secret that only the tests know, long enough",
        "SHENBAO_DATABASE_URL": sqlite_url, "SHENBAO_DATA_DIR": str(tmp_path / "files"),
        "SHENBAO_RETAIN_PERSONAL_DAYS": "1", "SHENBAO_RETAIN_SENSITIVE_DAYS": "1", "SHENBAO_RETAIN_FILES_DAYS": "1",
    }  # fmt: skip
    db.session.remove()
    planned = CliRunner().invoke(cli.main, ["retention"], env=environment)
    assert planned.exit_code == 0, planned.output
    assert "个人信息 2 项，附件 1 件" in planned.output
    assert _data(case)["identity_number"] == IDENTITY
    done = CliRunner().invoke(cli.main, ["retention", "--yes"], env=environment)
    assert done.exit_code == 0, done.output
    assert _data(case)["identity_number"] is None
    again = CliRunner().invoke(cli.main, ["retention"], env=environment)
    assert "没有超过保存期限" in again.output
