"""What the clock tells of an open task: reminders, the overdue mark, the escalation; in the service and by mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.commands import deployments, ports
from service.commands.digests import quiet_until
from service.domain.deadlines import ZONE
from service.operations.recipients import tell_groups
from service.programmes.folder import read_folder
from service.settings import Settings, SettingsError
from service.store import outbox
from service.store.audit import AuditEntry
from service.store.messages import Message
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from tests.support.mailbox import Mailbox
from tests.support.office import DATA, Office

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


def digests(office: Office) -> list[Message]:
    return office.rows(db.select(Message).where(Message.title.startswith("今日提醒")).order_by(Message.id))


def test_reminders_of_a_day_are_one_digest_and_one_mail_a_person(review: Office, box: Mailbox) -> None:
    review.start("review")  # `ask` of a second case, with the same date
    review.tick(REMINDER - MINUTE)
    assert (digests(review), box.received) == ([], [])
    for minute in (0, 1, 4):
        review.tick(REMINDER + minute * MINUTE)
    assert (digests(review), box.received) == ([], [])  # it waits for what else falls on nine o'clock
    for minute in (5, 6, 60):
        review.tick(REMINDER + minute * MINUTE)
    people = {review.person("office", number).user_id for number in (1, 2)}
    assert {message.user_id for message in digests(review)} == people
    assert len(digests(review)) == len(people)
    for message in digests(review):
        assert message.title == "今日提醒：2 项即将到期"
        assert message.body.count("2025年3月5日 24:00  提出补正要求") == 2
        assert "两个工作日" in message.body
    for address in ("office@example.invalid", "office-2@example.invalid"):
        assert [str(mail["Subject"]) for mail in box.to(address)] == ["今日提醒：2 项即将到期"]
    assert told(review, "提醒") == []


def test_a_digest_follows_what_has_happened_since(review: Office, box: Mailbox) -> None:
    """Between nine o'clock and the mail a task is done: it is not reminded of, and with none left nothing is told."""
    review.tick(REMINDER)
    review.complete(review.open_task("ask").id, DONE, review.person("office"))
    review.tick(REMINDER + 5 * MINUTE)
    assert (digests(review), subjects(box, "office@example.invalid")) == ([], [])
    assert review.count(OutboxEntry, OutboxEntry.state != "done") == 0


def test_what_comes_after_the_digest_was_written_is_another(review: Office) -> None:
    def collect(work: UnitOfWork, task_id: int) -> None:
        outbox.collect(
            work.session, "digest", {"user_id": review.person("office").user_id}, task_id,
            dedupe_key="digest:test", now=work.now, wait=MINUTE,
        )  # fmt: skip

    task_id = review.open_task("ask").id
    for _ in range(2):
        review.act(collect, task_id)
    review.tick(review.now + MINUTE)
    review.act(collect, task_id)
    kept = review.rows(db.select(OutboxEntry).where(OutboxEntry.kind == "digest").order_by(OutboxEntry.id))
    assert [entry.payload["items"] for entry in kept] == [[task_id, task_id], [task_id]]


def test_on_the_last_day_a_reminder_comes_at_once(review: Office, box: Mailbox) -> None:
    """The clock stood on Tuesday: what it has to say on Wednesday noon does not wait for a digest."""
    review.tick(beijing(date(2025, 3, 5), time(12, 0)))
    assert subjects(box, "office@example.invalid") == ["提醒：“提出补正要求”将于 2025年3月5日 24:00 到期"]
    assert len(told(review, "提醒")) == 1


def test_in_the_quiet_hours_no_mail_rings(review: Office, box: Mailbox) -> None:
    """Overdue is told in the service at midnight, and mailed when the quiet hours end; what people do is mailed."""
    wired = review.app.extensions[ports.NAME]
    review.app.extensions[ports.NAME] = replace(wired, quiet_hours=(time(21), time(8)))
    for hour in (time(0), time(0, 5), time(7, 59)):
        review.tick(beijing(date(2025, 3, 6), hour))
        assert len(told(review, "逾期")) == 1
        assert subjects(box, "office@example.invalid") == []
    review.act(tell_groups, review.groups_of(review.open_task("ask").id), "提出补正要求：催办", "请办理",
               case_id=None, once="urged", by=review.person("office-head"))  # fmt: skip
    review.tick()
    assert subjects(box, "office@example.invalid") == ["提出补正要求：催办"]
    review.tick(beijing(date(2025, 3, 6), time(8, 0)))
    assert len(subjects(box, "office@example.invalid")) == 2
    assert len({mail["Message-ID"] for mail in box.received}) == len(box.received)


@given(st.times(), st.times(), st.datetimes())
def test_quiet_hours_end_within_a_day_and_are_over_at_their_end(first: time, last: time, local: datetime) -> None:
    assume(first != last)
    local = local.replace(year=2024 + local.year % 3, day=min(local.day, 28))
    now = local.replace(tzinfo=ZONE).astimezone(UTC)
    until = quiet_until(now, (first, last))
    begins = next(at for back in (0, 1) if (at := _at(local - timedelta(days=back), first)) <= local)
    ends = next(at for on in (0, 1) if (at := _at(begins + timedelta(days=on), last)) > begins)
    assert until == (ends.replace(tzinfo=ZONE) if local < ends else None)
    assert until is None or quiet_until(until, (first, last)) is None


def _at(day: datetime, hour: time) -> datetime:
    return datetime.combine(day.date(), hour)


@pytest.mark.parametrize("text", ["21", "21:00", "21-25", "nine-five", "21:00-08:00-09:00"])
def test_quiet_hours_that_are_none_stop_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="QUIET_HOURS"):
        Settings(development=True, quiet_hours=text).check()


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
    assert subjects(box, "office-head@example.invalid") == [
        "督办：“提出补正要求”已于 2025年3月5日 24:00 到期，尚未办结"
    ]
    for action in ("overdue-told", "escalation-told"):
        assert review.count(AuditEntry, AuditEntry.action == action, AuditEntry.object_id == str(task.id)) == 1


def test_a_chain_of_roles_is_told_one_after_the_other_each_once(review: Office) -> None:
    """First the head, two working days later the office above; a clock that ticks again tells neither again."""
    files = read_folder(DATA / "review", "sample-review")
    place = "bpmn/sample-review/programme.toml"
    before, asking = files[place].split(b"[deadlines.asking]")
    both = b'escalate_to = ["office-head", "office"]\nescalate_every = 2'
    chain = asking.replace(b'escalate_to = "office-head"', both, 1)
    review.act(deployments.publish, {**files, place: before + b"[deadlines.asking]" + chain}, "sample-review")
    case_id = review.start("review")
    asked = review.open_task("ask", case_id)
    head, office = (review.person(role).groups for role in ("office-head", "office"))

    def groups() -> list[bool]:
        rows = [one for one in told(review, "督办") if one.case_id == case_id]
        return [one.group_key in head for one in rows if one.group_key in head | office]

    for minute in range(2):
        review.tick(OVERDUE + minute * MINUTE)
    assert groups() == [True]
    assert review.rows(db.select(UserTask.alarm_at).where(UserTask.id == asked.id)) == [
        beijing(date(2025, 3, 7), time(9))
    ]
    review.tick(beijing(date(2025, 3, 7), time(8, 59)))
    assert groups() == [True]
    review.tick(beijing(date(2025, 3, 7), time(9)))
    assert groups() == [True, False]
    for _ in range(2):
        review.tick()
    assert groups() == [True, False]


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
    review.tick(REMINDER + 5 * MINUTE)
    assert box.received == []
    assert review.count(OutboxEntry, OutboxEntry.state == "pending", OutboxEntry.tries == 1) == 2
    review.tick(REMINDER + 6 * MINUTE)
    review.tick(REMINDER + 7 * MINUTE)
    assert [str(mail["Subject"]) for mail in box.to("office@example.invalid")] == ["今日提醒：1 项即将到期"]
    assert review.count(OutboxEntry, OutboxEntry.state != "done") == 0
