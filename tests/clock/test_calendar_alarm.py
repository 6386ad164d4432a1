"""In November somebody has to import the next year: the administrators are told, once a week, until it is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from service.commands import calendar, people
from service.store.messages import Message
from tests.support.mailbox import Mailbox
from tests.support.office import Office

WEEK = timedelta(days=7)


def _told(office: Office) -> list[Message]:
    return office.rows(select(Message).where(Message.title.contains("放假安排尚未导入")).order_by(Message.id))


def test_administrators_are_told_until_the_year_is_imported(review: Office, box: Mailbox) -> None:
    administrator = review.act(
        people.add_user, login="admin", name="示例·管理员", organisation="sample-authority", roles=["administrator"],
        password="a fictional password", email="admin@example.invalid",
    )  # fmt: skip
    eve = datetime(2026, 11, 14, 1, 0, tzinfo=UTC)
    review.tick(eve)
    assert _told(review) == []
    monday = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    for hours in (0, 0, 1, 24):
        review.tick(monday + timedelta(hours=hours))
    (message,) = _told(review)
    assert (message.user_id, message.title) == (administrator, "2027 年放假安排尚未导入")
    assert [str(mail["Subject"]) for mail in box.to("admin@example.invalid")] == [message.title]
    review.tick(monday + WEEK)
    assert len(_told(review)) == 2
    holidays = f'year = 2027\nsource = "测试"\n[holidays]\n"元旦" = ["{date(2027, 1, 1)}"]\n'
    review.act(calendar.import_year, holidays)
    review.tick(monday + 2 * WEEK)
    assert len(_told(review)) == 2
