"""What the clock tells of an open task: reminders, the overdue mark, the escalation; in the service and by mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask

from service.app import create_app
from service.domain.deadlines import ZONE
from service.settings import Settings
from service.store.audit import AuditEntry
from service.store.messages import Message
from service.store.outbox import OutboxEntry
from service.store.session import db
from tests.support import databases
from tests.support.mailbox import Mailbox, mailbox
from tests.support.office import DATA, Office, open_office

MONDAY = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)  # nine o'clock in Beijing
MINUTE = timedelta(minutes=1)
DONE = {"note": "已办"}


def beijing(day: date, hour: time = time()) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


# the task's two working days are Tuesday and Wednesday; one working day before its last day is Tuesday
REMINDER = beijing(date(2025, 3, 4), time(9, 0))
OVERDUE = beijing(date(2025, 3, 6))


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as started:
        yield started


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path, box: Mailbox) -> Iterator[Office]:
    """The sample review with a mail server; a case waits for `check` and `ask`."""
    settings = Settings(
        development=True, database_url=sqlite_url, data_dir=tmp_path / "files", argon2_time_cost=1,
        argon2_memory_kib=64, smtp_host="127.0.0.1", smtp_port=box.port,
    )  # fmt: skip
    app: Flask = create_app(settings)
    with app.app_context():
        office = open_office(app, "sample-review", MONDAY, DATA / "review")
        office.person("office"), office.person("office", 2), office.person("office-head")
        office.start("review")
        yield office
        db.session.remove()
    databases.dispose(app)


def told(office: Office, word: str) -> list[Message]:
    """Notifications about the task `ask` whose title begins with a word."""
    titled = Message.title.startswith(f"{word}：“提出补正要求”")
    return office.rows(db.select(Message).where(titled).order_by(Message.id))


def subjects(box: Mailbox, address: str) -> list[str]:
    return [str(mail["Subject"]) for mail in box.to(address) if "提出补正要求" in str(mail["Subject"])]


def test_a_reminder_is_one_notification_and_one_mail_a_person(office: Office, box: Mailbox) -> None:
    office.tick(REMINDER - MINUTE)
    assert (told(office, "提醒"), box.received) == ([], [])
    for minute in range(3):
        office.tick(REMINDER + minute * MINUTE)
    (message,) = told(office, "提醒")
    assert message.group_key == office.groups_of(office.open_task("ask").id)[0]
    assert "2025-03-06 00:00" in message.title
    assert "两个工作日" in message.body
    assert message.created_at == REMINDER
    for address in ("office@example.invalid", "office-2@example.invalid"):
        assert subjects(box, address) == ["提醒：“提出补正要求”将于 2025-03-06 00:00 到期"]
    assert len({mail["Message-ID"] for mail in box.received}) == len(box.received)


def test_a_task_done_in_time_is_not_reminded_of(office: Office, box: Mailbox) -> None:
    office.now = REMINDER - MINUTE
    office.complete(office.open_task("ask").id, DONE, office.person("office"))
    office.tick(OVERDUE)
    assert (told(office, "提醒"), told(office, "逾期"), told(office, "督办")) == ([], [], [])
    assert subjects(box, "office@example.invalid") == []


def test_overdue_is_marked_and_the_head_is_told_once(office: Office, box: Mailbox) -> None:
    office.tick(OVERDUE - MINUTE)
    assert office.open_task("ask").overdue_marked_at is None
    for minute in range(3):
        office.tick(OVERDUE + minute * MINUTE)
    task = office.open_task("ask")
    assert (task.overdue_marked_at, task.escalated_at, task.alarm_at) == (OVERDUE, OVERDUE, None)
    (overdue,), (escalation,) = told(office, "逾期"), told(office, "督办")
    assert overdue.group_key == office.groups_of(task.id)[0]
    head = office.person("office-head")
    assert escalation.group_key in head.groups
    assert escalation.group_key not in office.person("office").groups
    assert subjects(box, "office-head@example.invalid") == ["督办：“提出补正要求”已于 2025-03-06 00:00 到期，尚未办结"]
    for action in ("overdue-told", "escalation-told"):
        assert office.count(AuditEntry, AuditEntry.action == action, AuditEntry.object_id == str(task.id)) == 1


def test_an_overdue_task_without_an_end_in_the_diagram_can_still_be_done(office: Office) -> None:
    """`ask` has a due date and nobody drew what ends it: late is told, not refused."""
    office.tick(OVERDUE)
    office.complete(office.open_task("ask").id, DONE, office.person("office"))
    assert office.open_tasks("ask") == []


def test_after_a_long_stop_the_newest_reminder_is_enough(office: Office, box: Mailbox) -> None:
    """`check` is reminded of two, one and no days before; a clock that was down past all three tells once."""
    office.tick(beijing(date(2025, 3, 10), time(12, 0)))
    of_check = Message.title.startswith("提醒：“审查材料”")
    assert office.count(Message, of_check) == 1
    office.tick()
    assert office.count(Message, of_check) == 1


def test_a_busy_mail_server_gets_the_mail_once_it_can_take_it(office: Office, box: Mailbox) -> None:
    box.busy = 2
    office.tick(REMINDER)
    assert box.received == []
    assert office.count(OutboxEntry, OutboxEntry.state == "pending", OutboxEntry.tries == 1) == 2
    office.tick(REMINDER + MINUTE)
    office.tick(REMINDER + 2 * MINUTE)
    assert subjects(box, "office@example.invalid") == ["提醒：“提出补正要求”将于 2025-03-06 00:00 到期"]
    assert office.count(OutboxEntry, OutboxEntry.state != "done") == 0
