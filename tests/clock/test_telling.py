"""What the clock tells of an open task: reminders, the overdue mark, the escalation; in the service and by mail."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from service.domain.deadlines import ZONE
from service.store import outbox
from service.store.audit import AuditEntry
from service.store.messages import Message
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.support.mailbox import Mailbox
from tests.support.office import Office

MINUTE = timedelta(minutes=1)
DONE = {"note": "已办"}


def beijing(day: date, hour: time = time()) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


# the task's two working days are Tuesday and Wednesday; one working day before its last day is Tuesday
REMINDER = beijing(date(2025, 3, 4), time(9, 0))
OVERDUE = beijing(date(2025, 3, 6))


def told(office: Office, word: str) -> list[Message]:
    """Notifications about the task `ask` whose title begins with a word."""
    titled = Message.title.startswith(f"{word}：“提出补正要求”")
    return office.rows(db.select(Message).where(titled).order_by(Message.id))


def subjects(box: Mailbox, address: str) -> list[str]:
    return [str(mail["Subject"]) for mail in box.to(address) if "提出补正要求" in str(mail["Subject"])]


def test_a_reminder_is_one_notification_and_one_mail_a_person(review: Office, box: Mailbox) -> None:
    review.tick(REMINDER - MINUTE)
    assert (told(review, "提醒"), box.received) == ([], [])
    for minute in range(3):
        review.tick(REMINDER + minute * MINUTE)
    (message,) = told(review, "提醒")
    assert message.group_key == review.groups_of(review.open_task("ask").id)[0]
    assert "2025-03-05 24:00" in message.title
    assert "两个工作日" in message.body
    assert message.created_at == REMINDER
    for address in ("office@example.invalid", "office-2@example.invalid"):
        assert subjects(box, address) == ["提醒：“提出补正要求”将于 2025-03-05 24:00 到期"]
    assert len({mail["Message-ID"] for mail in box.received}) == len(box.received)


def test_a_task_done_in_time_is_not_reminded_of(review: Office, box: Mailbox) -> None:
    review.now = REMINDER - MINUTE
    review.complete(review.open_task("ask").id, DONE, review.person("office"))
    review.tick(OVERDUE)
    assert (told(review, "提醒"), told(review, "逾期"), told(review, "督办")) == ([], [], [])
    assert subjects(box, "office@example.invalid") == []


def test_overdue_is_marked_and_the_head_is_told_once(review: Office, box: Mailbox) -> None:
    review.tick(OVERDUE - MINUTE)
    assert review.open_task("ask").overdue_marked_at is None
    for minute in range(3):
        review.tick(OVERDUE + minute * MINUTE)
    task = review.open_task("ask")
    assert (task.overdue_marked_at, task.escalated_at, task.alarm_at) == (OVERDUE, OVERDUE, None)
    (overdue,), (escalation,) = told(review, "逾期"), told(review, "督办")
    assert overdue.group_key == review.groups_of(task.id)[0]
    head = review.person("office-head")
    assert escalation.group_key in head.groups
    assert escalation.group_key not in review.person("office").groups
    assert subjects(box, "office-head@example.invalid") == ["督办：“提出补正要求”已于 2025-03-05 24:00 到期，尚未办结"]
    for action in ("overdue-told", "escalation-told"):
        assert review.count(AuditEntry, AuditEntry.action == action, AuditEntry.object_id == str(task.id)) == 1


def test_an_overdue_task_without_an_end_in_the_diagram_can_still_be_done(review: Office) -> None:
    """`ask` has a due date and nobody drew what ends it: late is told, not refused."""
    review.tick(OVERDUE)
    review.complete(review.open_task("ask").id, DONE, review.person("office"))
    assert review.open_tasks("ask") == []


def test_after_a_long_stop_the_newest_reminder_is_enough(review: Office, box: Mailbox) -> None:
    """`check` is reminded of two, one and no days before; a clock that was down past all three tells once."""
    review.tick(beijing(date(2025, 3, 10), time(12, 0)))
    of_check = Message.title.startswith("提醒：“审查材料”")
    assert review.count(Message, of_check) == 1
    review.tick()
    assert review.count(Message, of_check) == 1


def test_one_tick_sends_all_that_is_due(review: Office, box: Mailbox) -> None:
    """A date of a whole call reminds hundreds: they are not told twenty at a tick."""

    def write(work: UnitOfWork) -> None:
        for number in range(50):
            payload = {"to": f"unit-{number}@example.invalid", "subject": "提醒", "body": "请按期办理。"}
            outbox.add(work.session, "mail", payload, dedupe_key=f"test:{number}", now=work.now)

    review.act(write)
    review.tick()
    assert len({str(mail["To"]) for mail in box.received if str(mail["Subject"]) == "提醒"}) == 50


def test_a_busy_mail_server_gets_the_mail_once_it_can_take_it(review: Office, box: Mailbox) -> None:
    box.busy = 2
    review.tick(REMINDER)
    assert box.received == []
    assert review.count(OutboxEntry, OutboxEntry.state == "pending", OutboxEntry.tries == 1) == 2
    review.tick(REMINDER + MINUTE)
    review.tick(REMINDER + 2 * MINUTE)
    assert subjects(box, "office@example.invalid") == ["提醒：“提出补正要求”将于 2025-03-05 24:00 到期"]
    assert review.count(OutboxEntry, OutboxEntry.state != "done") == 0
