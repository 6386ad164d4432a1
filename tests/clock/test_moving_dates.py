"""Dates that move while a case runs: an imported calendar, and the clock-stop while an applicant corrects."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from service.commands import calendar
from service.domain.deadlines import ZONE
from service.domain.errors import DeadlinePassed
from service.store.deadlines import Deadline
from service.store.messages import Message
from service.store.session import db
from service.store.timers import Timer
from tests.support.office import Office

DONE = {"note": "已办"}


def beijing(day: date, hour: time = time()) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


FIVE_DAYS = beijing(date(2025, 3, 11))  # 4, 5, 6, 7 and 10 March; over with the next midnight


def dates(office: Office) -> dict[str, Any]:
    """Where the review's date stands: its task, its timer, its deadline."""
    (timer,) = office.rows(db.select(Timer))
    (row,) = office.rows(db.select(Deadline).where(Deadline.name == "review"))
    return {"task": office.open_task("check").due_at, "timer": timer.due_at, "deadline": row.due_at, "state": row.state}


def at(due: datetime | None, state: str = "running") -> dict[str, Any]:
    return {"task": due, "timer": due, "deadline": due or FIVE_DAYS, "state": state}


def year(**days: str) -> str:
    """A calendar file of 2025 with these holidays and make-up days (`working_…`)."""
    holidays = "".join(f'{name} = ["{span}"]\n' for name, span in days.items() if not name.startswith("working"))
    working = "".join(f'{name} = ["{span}"]\n' for name, span in days.items() if name.startswith("working"))
    return f'year = 2025\nsource = "测试"\n[holidays]\n{holidays}[working]\n{working}'


def test_an_imported_holiday_moves_an_open_deadline_later(review: Office) -> None:
    assert dates(review) == at(FIVE_DAYS)
    moved = review.act(calendar.import_year, year(holiday="2025-03-06/2025-03-07"))
    assert [line.rpartition("：")[2] for line in moved] == ["2025年3月10日 → 2025年3月12日"]
    assert dates(review) == at(beijing(date(2025, 3, 13)))
    reason = review.open_task("check").due_reason or {}
    assert [one["name"] for one in reason["skipped"]] == ["holiday"]


def test_the_moved_date_is_the_one_that_counts(review: Office) -> None:
    review.act(calendar.import_year, year(holiday="2025-03-06/2025-03-07"))
    review.tick(FIVE_DAYS)
    task = review.open_task("check")
    review.now = beijing(date(2025, 3, 13))
    with pytest.raises(DeadlinePassed, match="12 March 2025, 24:00"):
        review.complete(task.id, DONE, review.person("office"))
    review.now -= datetime.resolution
    review.complete(task.id, DONE, review.person("office"))


def test_reminders_and_the_overdue_mark_follow_a_moved_date(review: Office) -> None:
    review.act(calendar.import_year, year(holiday="2025-03-06/2025-03-07"))
    assert review.open_task("check").alarm_at == beijing(date(2025, 3, 10), time(9, 0))  # two working days before
    review.tick(FIVE_DAYS)
    assert review.open_task("check").overdue_marked_at is None
    assert review.count(Message, Message.title.startswith("逾期：“审查材料”")) == 0


def test_a_date_that_started_with_its_task_moves_too(review: Office) -> None:
    moved = review.act(calendar.import_year, year(holiday="2025-03-04/2025-03-04"))
    assert len(moved) == 2
    task = review.open_task("ask")
    assert (task.due_at, task.alarms[-1]["at"]) == (beijing(date(2025, 3, 7)), "2025-03-06T16:00:00+00:00")


def test_an_imported_make_up_day_never_moves_a_promised_date_earlier(review: Office) -> None:
    moved = review.act(calendar.import_year, year(working_saturday="2025-03-08"))
    assert moved == []
    assert dates(review) == at(FIVE_DAYS)


def test_a_holiday_after_the_last_day_moves_nothing(review: Office) -> None:
    assert review.act(calendar.import_year, year(holiday="2025-03-12/2025-03-14")) == []
    assert dates(review) == at(FIVE_DAYS)


def stop(office: Office, day: date) -> None:
    """The office asks for a correction."""
    office.now = beijing(day, time(10, 0))
    office.complete(office.open_task("ask").id, DONE, office.person("office"))


def resume(office: Office, day: date) -> None:
    """The applicant has corrected."""
    office.now = beijing(day, time(10, 0))
    office.complete(office.open_task("fix").id, DONE, office.person("lead"))


def test_the_clock_stops_while_the_applicant_corrects(review: Office) -> None:
    stop(review, date(2025, 3, 5))
    assert dates(review) == at(None, "paused")
    assert review.open_task("check").alarm_at is None
    assert review.open_task("fix").due_at is not None  # the applicant's own time runs
    for later in (FIVE_DAYS, FIVE_DAYS + timedelta(days=1)):
        review.tick(later)
    assert review.open_task("check").overdue_marked_at is None


def test_what_was_left_runs_on_from_the_day_after_the_correction(review: Office) -> None:
    """Stopped on 5 March with 6, 7 and 10 left; corrected on the 12th: 13, 14 and 17 March."""
    stop(review, date(2025, 3, 5))
    review.tick(FIVE_DAYS)
    resume(review, date(2025, 3, 12))
    assert dates(review) == at(beijing(date(2025, 3, 18)))
    task = review.open_task("check")
    assert (task.due_reason or {})["paused"] == [{"from": "2025-03-05", "until": "2025-03-12"}]
    assert task.alarm_at == beijing(date(2025, 3, 13), time(9, 0))  # two working days before the 17th
    review.tick(beijing(date(2025, 3, 18)))
    assert review.open_tasks("check") == []


def test_the_stopped_task_can_be_done_after_its_old_date(review: Office) -> None:
    stop(review, date(2025, 3, 5))
    review.now = FIVE_DAYS + timedelta(days=3)
    review.complete(review.open_task("check").id, DONE, review.person("office"))
    assert review.open_tasks("check") == []


def test_a_calendar_imported_during_a_stop_counts_when_the_clock_runs_on(review: Office) -> None:
    stop(review, date(2025, 3, 5))
    review.act(calendar.import_year, year(holiday="2025-03-13/2025-03-14"))
    assert dates(review) == at(None, "paused")
    resume(review, date(2025, 3, 12))
    assert dates(review) == at(beijing(date(2025, 3, 20)))  # 17, 18 and 19 March


def test_a_calendar_imported_after_a_stop_moves_what_was_left(review: Office) -> None:
    stop(review, date(2025, 3, 5))
    resume(review, date(2025, 3, 12))
    moved = review.act(calendar.import_year, year(holiday="2025-03-14/2025-03-14"))
    assert len(moved) == 1
    assert dates(review) == at(beijing(date(2025, 3, 19)))
    reason = review.open_task("check").due_reason or {}
    assert reason["paused"] == [{"from": "2025-03-05", "until": "2025-03-12"}]


def test_a_calendar_imported_after_a_stop_never_moves_the_date_earlier(review: Office) -> None:
    stop(review, date(2025, 3, 5))
    resume(review, date(2025, 3, 12))
    review.act(calendar.import_year, year(holiday="2025-04-07/2025-04-08"))
    assert dates(review) == at(beijing(date(2025, 3, 18)))
