"""The dates that the notices' own examples give, as a clerk would count them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from service.domain import deadlines
from service.domain.calendar import Calendar
from service.domain.deadlines import Due, ExtensionTooLong
from service.domain.due_sentence import sentence
from tests.domain.rules import Rule

scenarios("期限.feature")
MOST = 12  # months by which a construction may be prolonged in all


@dataclass
class Count:
    """What happened on which day, and the period that runs from it."""

    event: str
    on: date
    due: Due | None = None


@pytest.fixture
def counted() -> Count:
    """The scenario's period."""
    return Count("", date.min)


@given(parsers.re(r"(?P<event>\w+)在 (?P<day>[\d-]+)$"))
def happened(counted: Count, event: str, day: str) -> None:
    counted.event, counted.on = event, date.fromisoformat(day)


@when(parsers.re(r"期限是 (?P<count>\d+) 个工作日(?P<inclusive>，首日计入)?$"))
def runs_working_days(counted: Count, china: Calendar, count: str, inclusive: str | None) -> None:
    rule = Rule(working_days=int(count), inclusive_first_day=inclusive is not None, since=(counted.event, ""))
    counted.due = deadlines.due(rule, counted.on, china)


@when(parsers.parse("期限是 {count:d} 个月"))
def runs_months(counted: Count, china: Calendar, count: int) -> None:
    counted.due = deadlines.due(Rule(months=count, since=(counted.event, "")), counted.on, china)


@when(parsers.parse("批准顺延到 {day}"))
def prolonged(counted: Count, day: str) -> None:
    counted.due = _prolonged(counted, day)


@then(parsers.parse("最后一天是 {day}"))
def ends(counted: Count, day: str) -> None:
    assert counted.due is not None
    assert counted.due.on == date.fromisoformat(day)


@then(parsers.parse("依据写明“{text}”"))
def says(counted: Count, text: str) -> None:
    assert counted.due is not None
    assert text in sentence(counted.due.reason)


@then(parsers.parse("再顺延到 {day} 被拒绝，提示“{text}”"))
def refused(counted: Count, day: str, text: str) -> None:
    with pytest.raises(ExtensionTooLong) as too_long:
        _prolonged(counted, day)
    assert text in too_long.value.text("zh")


def _prolonged(counted: Count, day: str) -> Due:
    assert counted.due is not None
    return deadlines.extended(counted.due, date.fromisoformat(day), why="示例", by="示例", most_months=MOST)
