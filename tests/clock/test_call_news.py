"""What departments and units hear of a call: it opens, it is about to close, it is later now; each once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from service.commands import calls
from service.domain.deadlines import ZONE
from service.store.calls import Call
from service.store.messages import Message
from service.store.session import db
from tests.support.office import Office

OPENS, CLOSES = date(2022, 4, 8), date(2022, 4, 15)


def nine(day: date) -> datetime:
    return datetime.combine(day, time(9), ZONE).astimezone(UTC)


@pytest.fixture
def call(two_dates: Office) -> int:
    """A call that is announced on 1 April, opens on the 8th and closes on the 15th."""
    two_dates.person("lead")
    given = {"key": "2022", "year": 2022, "title": "2022 年", "opens_on": OPENS, "dates": {"submission": CLOSES}}
    return int(two_dates.act(calls.open_call, two_dates.programme, **given))


def heard(office: Office) -> list[str]:
    return [title.partition("：")[0] for title in office.rows(db.select(Message.title).order_by(Message.id))]


def phase(office: Office, today: date, *, running: bool = False) -> str:
    (one,) = office.rows(db.select(Call))
    return str(one.phase(today, running=running))


def test_a_call_passes_through_its_phases_by_the_date(two_dates: Office, call: int) -> None:
    day = timedelta(days=1)
    assert [phase(two_dates, on) for on in (OPENS - day, OPENS, CLOSES)] == ["announced", "open", "open"]
    assert phase(two_dates, CLOSES + day, running=True) == "closed"
    assert phase(two_dates, CLOSES + day) == "archived"


def test_units_hear_once_that_a_call_has_opened(two_dates: Office, call: int) -> None:
    two_dates.tick(nine(OPENS) - timedelta(minutes=1))
    assert heard(two_dates) == []
    for minute in (0, 0, 1, 60):
        two_dates.tick(nine(OPENS) + timedelta(minutes=minute))
    (told,) = two_dates.rows(db.select(Message))
    assert told.title == "批次开放：“2022 年”"
    assert "2022年4月15日 24:00截止" in told.body
    assert told.group_key in two_dates.person("lead").groups


def test_nothing_is_told_twice_after_a_long_stop(two_dates: Office, call: int) -> None:
    two_dates.tick(nine(CLOSES) + timedelta(days=400))
    two_dates.tick()
    assert heard(two_dates) == ["批次开放"]  # what should have reminded of a day that is over reminds of nothing
