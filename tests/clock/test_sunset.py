"""A rule that ends: the office and the administrators are warned in time, once each, and after it nothing new opens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from service.commands import calls, deployments, extensions, people
from service.commands.intake import IntakeClosed
from service.domain.deadlines import start_of
from service.domain.errors import InvalidInput
from service.programmes.folder import read_folder
from service.store.audit import AuditEntry
from service.store.messages import Message
from service.store.session import db
from tests.support.mailbox import Mailbox
from tests.support.office import DATA, SAMPLE, Office

BEGINS, LAST = date(2022, 1, 1), date(2023, 12, 31)  # two years, the first day counted
NINE = timedelta(hours=9)


@pytest.fixture
def trial(two_dates: Office) -> Office:
    """The sample programme with a rule on trial for two years from 1 January 2022, and somebody who administers."""
    files = read_folder(DATA / "sample", SAMPLE)
    place = f"bpmn/{SAMPLE}/programme.toml"
    term = f'intake = "batch"\neffective_from = {BEGINS}\nvalid_years = 2\n'
    tell = b'\n[sunset]\ntell = ["office"]\n'
    files[place] = files[place].replace(b'intake = "batch"\n', term.encode()) + tell
    two_dates.act(deployments.publish, files, SAMPLE)
    two_dates.person("office")
    two_dates.act(
        people.add_user, login="admin", name="示例·管理员", organisation="sample-authority", roles=["administrator"],
        password="a fictional password", email="admin@example.invalid",
    )  # fmt: skip
    return two_dates


def warned(office: Office) -> list[str]:
    """What the office was told, with how many days were left."""
    told = Message.title.startswith("规则到期：")
    titles = office.rows(db.select(Message.title).where(told, Message.group_key.is_not(None)).order_by(Message.id))
    return [title.rpartition("，")[2] for title in titles]


def pass_days(office: Office, first: int, last: int) -> None:
    """Tick at nine o'clock of each day from so many days before the last day to so many."""
    for left in range(first, last - 1, -1):
        office.tick(start_of(LAST - timedelta(days=left)) + NINE)


def call(office: Office, key: str, *, opens_on: date, last: date) -> int:
    given = {"key": key, "year": opens_on.year, "title": key, "opens_on": opens_on, "dates": {"submission": last}}
    return int(office.act(calls.open_call, SAMPLE, **given))


def test_a_rule_warns_180_and_60_days_before_its_last_day_and_each_time_once(trial: Office) -> None:
    pass_days(trial, 181, 178)
    assert warned(trial) == ["还有 180 天"]
    pass_days(trial, 61, 58)
    assert warned(trial) == ["还有 180 天", "还有 60 天"]
    pass_days(trial, 1, -2)
    assert warned(trial) == ["还有 180 天", "还有 60 天"]
    assert trial.count(AuditEntry, AuditEntry.action == "rule-sunset-told") == 2
    alone = Message.title.startswith("规则到期：") & Message.user_id.is_not(None)
    assert trial.count(Message, alone) == 2  # the administrator, in person


def test_a_clock_that_stood_still_past_both_tells_the_newest(trial: Office) -> None:
    pass_days(trial, 30, 29)
    assert warned(trial) == ["还有 30 天"]


@pytest.mark.proof
def test_a_new_term_is_warned_of_anew(trial: Office) -> None:
    pass_days(trial, 60, 60)
    files = read_folder(DATA / "sample", SAMPLE)
    place = f"bpmn/{SAMPLE}/programme.toml"
    files[place] = files[place].replace(b'intake = "batch"\n', b'intake = "batch"\neffective_to = 2024-06-28\n')
    trial.act(deployments.publish, files, SAMPLE)
    trial.tick(datetime(2023, 12, 31, 1, 0, tzinfo=UTC))
    assert trial.rows(db.select(Message.title).where(Message.title.contains("2024-06-28")))


def test_after_the_last_day_no_call_opens_and_none_reaches_beyond_it(trial: Office) -> None:
    trial.now = start_of(date(2023, 12, 1)) + NINE
    with pytest.raises(IntakeClosed) as refused:
        call(trial, "later", opens_on=LAST + timedelta(days=1), last=LAST + timedelta(days=9))
    assert "有效期至2023年12月31日" in refused.value.text("zh")
    assert "ended on 31 December 2023" in refused.value.text("en")
    with pytest.raises(InvalidInput) as beyond:
        call(trial, "beyond", opens_on=date(2023, 12, 1), last=LAST + timedelta(days=1))
    assert "晚于依据文件有效期的最后一天 2023年12月31日" in beyond.value.text("zh")
    assert "a day up to 31 December 2023" in beyond.value.text("en")
    with pytest.raises(IntakeClosed, match="in force from 1 January 2022"):
        call(trial, "early", opens_on=date(2021, 12, 31), last=date(2022, 1, 31))
    last = call(trial, "last", opens_on=date(2023, 12, 1), last=LAST - timedelta(days=1))
    with pytest.raises(InvalidInput, match="31 December 2023"):
        trial.act(extensions.extend_call, last, "submission", LAST + timedelta(days=1), "顺延截止日期")
    trial.act(extensions.extend_call, last, "submission", LAST, "顺延截止日期")


@pytest.mark.proof
def test_the_mail_to_the_administrator_is_in_their_box(review: Office, box: Mailbox) -> None:
    """The same over the sample review, whose office has a mail server."""
    review.act(
        people.add_user, login="admin", name="示例·管理员", organisation="sample-authority", roles=["administrator"],
        password="a fictional password", email="admin@example.invalid",
    )  # fmt: skip
    files = read_folder(DATA / "review", "sample-review")
    place = "bpmn/sample-review/programme.toml"
    text = files[place].replace(b'status = "in-force"\n', b'status = "in-force"\neffective_to = 2025-05-02\n')
    review.act(deployments.publish, {**files, place: text}, "sample-review")
    for minute in (0, 1):
        review.tick(datetime(2025, 3, 3, 2, minute, tzinfo=UTC))
    (mail,) = box.to("admin@example.invalid")
    assert str(mail["Subject"]).endswith("有效期至 2025-05-02，还有 60 天")
