"""Deadlines against the notices' own cases, and against a day-by-day walk."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import deadlines
from service.domain.calendar import Calendar
from service.domain.due_sentence import HOLIDAYS_EN, sentence
from service.domain.errors import CalendarGap, InvalidInput
from service.domain.written import written
from service.store.calendars import shipped, shipped_years
from tests.domain.rules import Rule

CHINA = shipped()
DAY = timedelta(days=1)
# by another calendar, day by day; asking it for each step would be most of the time
WORKED = {day for n in range(8035) if chinese_calendar.is_workday(day := date(2005, 1, 1) + DAY * n)}
days = st.dates(date(2005, 1, 1), date(2025, 6, 30))


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00")


def test_by_15_april_includes_the_15th_and_ends_at_midnight(china: Calendar) -> None:
    due = deadlines.fixed(Rule(), date(2025, 4, 15))
    assert not deadlines.is_over(due.at, beijing("2025-04-15T23:59:59.999999"))
    assert deadlines.is_over(due.at, beijing("2025-04-16T00:00:00"))


def test_paper_is_late_from_the_closing_hour_on(china: Calendar) -> None:
    due = deadlines.due(Rule(working_days=10, end="17:30"), date(2022, 9, 26), china)
    assert due.on == date(2022, 10, 13)
    assert not deadlines.is_over(due.at, beijing("2022-10-13T17:29:59"))
    assert deadlines.is_over(due.at, beijing("2022-10-13T17:30:00"))


def test_the_city_sends_at_the_last_minute(china: Calendar) -> None:
    due = deadlines.fixed(Rule(end="17:30"), date(2025, 4, 15))
    assert not deadlines.is_over(due.at, beijing("2025-04-15T17:29:00"))
    assert deadlines.is_over(due.at, beijing("2025-04-16T09:00:00"))


@pytest.mark.parametrize(("first", "last"), [("2025-04-28", "2025-05-07"), ("2025-09-26", "2025-10-09")])
def test_publicity_counts_its_first_day(china: Calendar, first: str, last: str) -> None:
    rule = Rule(working_days=5, inclusive_first_day=True)
    assert deadlines.due(rule, date.fromisoformat(first), china).on == date.fromisoformat(last)


def test_an_objection_at_ten_to_midnight_of_the_last_day_is_in_time(china: Calendar) -> None:
    due = deadlines.due(Rule(working_days=5, inclusive_first_day=True), date(2025, 4, 28), china)
    assert not deadlines.is_over(due.at, beijing("2025-05-07T23:50:00"))
    assert deadlines.is_over(due.at, beijing("2025-05-08T00:01:00"))


def test_construction_of_two_years(china: Calendar) -> None:
    assert deadlines.due(Rule(months=24), date(2020, 6, 1), china).on == date(2022, 6, 1)


def test_a_named_date_is_not_moved_off_a_rest_day() -> None:
    due = deadlines.fixed(Rule(), date(2025, 5, 1))
    assert due.on == date(2025, 5, 1)


def test_a_computed_date_moves_off_a_rest_day(china: Calendar) -> None:
    due = deadlines.due(Rule(calendar_days=10), date(2025, 4, 21), china)
    assert due.on == date(2025, 5, 6)
    assert due.reason["moved_from"] == "2025-05-01"
    assert [span["name"] for span in due.reason["skipped"]] == ["劳动节"]


@given(days, st.integers(1, 60), st.booleans())
def test_a_period_of_working_days_is_a_walk(anchor: date, count: int, inclusive: bool) -> None:
    due = deadlines.due(Rule(working_days=count, inclusive_first_day=inclusive), anchor, CHINA)
    day, left = (anchor - DAY if inclusive else anchor), count
    while left:
        day += DAY
        left -= chinese_calendar.is_workday(day)
    assert due.on == day
    assert due.at == datetime.combine(day + DAY, datetime.min.time(), deadlines.ZONE)


@given(days, st.integers(1, 90))
def test_calendar_days_end_on_a_working_day_never_early(anchor: date, count: int) -> None:
    due = deadlines.due(Rule(calendar_days=count), anchor, CHINA)
    assert due.on >= anchor + DAY * count
    assert chinese_calendar.is_workday(due.on)
    assert not any(chinese_calendar.is_workday(anchor + DAY * n) for n in range(count, (due.on - anchor).days))


@given(days, st.integers(1, 24))
def test_months_keep_the_day_of_the_month(anchor: date, months: int) -> None:
    later = deadlines.months_later(anchor, months)
    assert (later.year * 12 + later.month) - (anchor.year * 12 + anchor.month) == months
    assert later.day == anchor.day or (later + DAY).day == 1


@given(days, st.integers(1, 30), st.sampled_from(["24:00", "17:30", "09:00"]))
def test_the_end_is_exclusive_and_on_the_last_day(anchor: date, count: int, end: str) -> None:
    due = deadlines.due(Rule(working_days=count, end=end), anchor, CHINA)
    assert due.at.tzinfo is UTC
    assert deadlines.local_date(due.at - timedelta.resolution) == due.on


def test_working_days_beyond_the_table_are_a_gap_but_years_ahead_are_provisional(china: Calendar) -> None:
    with pytest.raises(CalendarGap):
        deadlines.due(Rule(working_days=10), date(2027, 12, 27), china)
    due = deadlines.due(Rule(months=36), date(2026, 6, 3), china)
    assert due.on == date(2029, 6, 4)  # a Monday: 3 June 2029 is a Sunday
    assert due.reason["provisional"] is True
    assert deadlines.due(Rule(working_days=10), date(2026, 12, 28), china).reason["provisional"] is True
    assert deadlines.due(Rule(working_days=10), date(2026, 3, 2), china).reason["provisional"] is False


def test_a_year_without_a_table_is_reminded_of_by_weekdays(china: Calendar) -> None:
    """What is due in years (a construction, a rectification over new year) can begin before that calendar is there."""
    assert not china.covers(date(2030, 1, 2))
    found = deadlines.reminders(date(2030, 1, 2), (2, 0), china)
    assert [written(at) for at in found] == ["2029年12月31日 09:00", "2030年1月2日 09:00"]


def test_reminders_come_at_nine_so_many_working_days_before(china: Calendar) -> None:
    found = deadlines.reminders(date(2025, 5, 8), (5, 1, 0), china)
    assert [written(at) for at in found] == ["2025年4月28日 09:00", "2025年5月7日 09:00", "2025年5月8日 09:00"]


def test_a_deadline_is_extended_with_a_reason_and_never_shortened(china: Calendar) -> None:
    due = deadlines.due(Rule(working_days=10), date(2022, 9, 26), china)
    longer = deadlines.extended(due, date(2022, 10, 20), why="疫情", by="张华")
    assert longer.on == date(2022, 10, 20)
    assert longer.reason["extended"] == [{"from": "2022-10-13", "until": "2022-10-20", "why": "疫情", "by": "张华"}]
    twice = deadlines.extended(longer, date(2022, 10, 28), why="再延", by="张华")
    assert [entry["until"] for entry in twice.reason["extended"]] == ["2022-10-20", "2022-10-28"]
    for until in (date(2022, 10, 28), date(2022, 10, 1)):
        with pytest.raises(InvalidInput):
            deadlines.extended(twice, until, why="", by="")


def test_a_clock_stop_keeps_the_working_days_that_were_left(china: Calendar) -> None:
    due = deadlines.due(Rule(working_days=10, end="17:30"), date(2025, 4, 14), china)
    assert due.on == date(2025, 4, 27)  # a Sunday that works
    later = deadlines.resumed(due, date(2025, 4, 18), date(2025, 4, 28), china)
    assert later.on == china.add(date(2025, 4, 28), 6)
    assert later.at == beijing(f"{later.on}T17:30:00")
    assert later.reason["paused"] == [{"from": "2025-04-18", "until": "2025-04-28"}]


@given(days, st.integers(2, 30), st.integers(0, 29), st.integers(0, 60))
def test_a_clock_stop_never_costs_a_day(anchor: date, count: int, used: int, stopped: int) -> None:
    due = deadlines.due(Rule(working_days=count), anchor, CHINA)
    paused = CHINA.add(anchor, min(used, count - 1))
    resumed = paused + DAY * stopped
    later = deadlines.resumed(due, paused, resumed, CHINA)
    assert later.on >= due.on
    if stopped:
        assert CHINA.count(resumed, later.on) == CHINA.count(paused, due.on)
    else:
        assert later is due


def test_a_period_that_was_over_is_not_revived_by_a_clock_stop(china: Calendar) -> None:
    due = deadlines.due(Rule(working_days=5), date(2025, 4, 1), china)
    assert deadlines.resumed(due, due.on, due.on + DAY * 9, china) is due


def test_calendar_days_are_stopped_as_calendar_days(china: Calendar) -> None:
    due = deadlines.due(Rule(months=6), date(2025, 3, 3), china)
    later = deadlines.resumed(due, date(2025, 6, 2), date(2025, 6, 12), china)
    assert later.on == china.next_working(due.on + DAY * 10)


def test_an_imported_calendar_never_shortens_a_promised_period(china: Calendar) -> None:
    promised = deadlines.due(Rule(working_days=10), date(2027, 1, 4), china)
    shorter = deadlines.Due(promised.at - DAY, promised.on - DAY, {**promised.reason, "provisional": False})
    longer = deadlines.Due(promised.at + DAY, promised.on + DAY, {**promised.reason, "provisional": False})
    kept = deadlines.recomputed(promised, shorter)
    assert (kept.at, kept.reason["provisional"]) == (promised.at, False)
    assert deadlines.recomputed(promised, longer) is longer


def test_the_reason_says_what_a_clerk_would_count(china: Calendar) -> None:
    rule = Rule(working_days=10, end="17:30", since=("培训", "training"), source="四（三）2")
    due = deadlines.due(rule, date(2022, 9, 26), china)
    assert sentence(due.reason) == (
        "培训 2022-09-26 + 10 个工作日 = 2022-10-13 17:30止；"
        "国庆节2022-10-01–2022-10-07放假、2022-10-08–2022-10-09调休上班，已计入；依据：四（三）2"
    )
    assert sentence(due.reason, "en") == (
        "training 2022-09-26 + 10 working days = 2022-10-13 17:30; "
        "National Day 2022-10-01–2022-10-07 closed, 2022-10-08–2022-10-09 working, counted in; source: 四（三）2"
    )


def test_the_count_stays_true_when_a_period_was_stopped_or_extended(china: Calendar) -> None:
    rule = Rule(working_days=10, since=("培训", "training"))
    due = deadlines.due(rule, date(2022, 9, 26), china)
    stopped = deadlines.resumed(due, date(2022, 10, 11), date(2022, 10, 13), china)
    assert sentence(stopped.reason).startswith(
        "培训 2022-09-26 + 10 个工作日（2022-10-11至2022-10-13中止计算） = 2022-10-17 24:00止"
    )
    longer = deadlines.extended(due, date(2022, 10, 20), why="疫情", by="张华")
    assert sentence(longer.reason).startswith("培训 2022-09-26 + 10 个工作日 = 2022-10-13 24:00止；")
    assert "由2022-10-13延期至2022-10-20（疫情）" in sentence(longer.reason)
    both = deadlines.resumed(longer, date(2022, 10, 11), date(2022, 10, 13), china)
    assert sentence(both.reason, "en").startswith("training 2022-09-26 + 10 working days = 2022-10-13; ")
    assert "stopped from 2022-10-11 to 2022-10-13" in sentence(both.reason, "en")


def test_a_reason_written_before_events_had_names_still_reads(china: Calendar) -> None:
    due = deadlines.due(Rule(working_days=5, inclusive_first_day=True), date(2025, 4, 28), china)
    older = {key: value for key, value in due.reason.items() if key != "since"}
    assert sentence(older).startswith("2025-04-28（当日计入） + 5 个工作日 = 2025-05-07 24:00止")


def test_an_extension_is_bounded_from_the_first_last_day(china: Calendar) -> None:
    """Twelve months in all, however many extensions (domain §13.10, §13.45); the last such day itself is allowed."""
    due = deadlines.due(Rule(months=24), date(2020, 6, 1), china)
    assert due.on == date(2022, 6, 1)
    given: dict[str, Any] = {"why": "疫情停工", "by": "张华", "most_months": 12}
    nine = deadlines.extended(due, date(2023, 3, 1), **given)
    assert deadlines.extended(nine, date(2023, 6, 1), **given).on == date(2023, 6, 1)
    for period in (due, nine):
        with pytest.raises(deadlines.ExtensionTooLong) as refused:
            deadlines.extended(period, date(2023, 6, 2), **given)
        assert "最多顺延 12 个月，由 2022年6月1日 起算，最迟到 2023年6月1日" in refused.value.text("zh")
        assert "12 months at most, from 1 June 2022 to 1 June 2023" in refused.value.text("en")


def test_a_chain_is_told_step_by_step_and_counts_working_days(china: Calendar) -> None:
    """After Friday 29 April 2022 five working days take until 10 May: Labour Day is out, 7 May is made up."""
    due = deadlines.fixed(Rule(), date(2022, 4, 29))
    steps = deadlines.escalations(due.at, 3, 5, china)
    assert [written(at) for at in steps] == ["2022年4月29日 24:00", "2022年5月10日 09:00", "2022年5月17日 09:00"]
    assert deadlines.escalations(due.at, 0, 5, china) == ()
    far = deadlines.fixed(Rule(), date(2030, 1, 2))
    assert [written(at) for at in deadlines.escalations(far.at, 2, 5, china)][1] == "2030年1月9日 09:00"


def test_every_holiday_has_an_english_name() -> None:
    named = {day.name for days in shipped_years().values() for day in days}
    assert named <= HOLIDAYS_EN.keys()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_of_a_reason_is_told(china: Calendar, language: str) -> None:
    due = deadlines.due(Rule(calendar_days=10, added=True), date(2027, 4, 22), china)
    due = deadlines.resumed(due, date(2027, 4, 23), date(2027, 4, 26), china)
    due = deadlines.extended(due, date(2027, 6, 1), why="REASON", by="x")
    told = sentence(due.reason, language)
    for part in ("REASON", "2027-04-23", due.reason["moved_from"]):
        assert part in told
    assert ("暂定" if language == "zh" else "provisional") in told
    assert ("本系统设定" if language == "zh" else "not in the notice") in told


def test_no_deadline_depends_on_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch, china: Calendar) -> None:
    expected = deadlines.due(Rule(working_days=3), date(2025, 3, 28), china)
    for zone in ("UTC", "America/New_York", "Asia/Shanghai"):
        monkeypatch.setenv("TZ", zone)
        __import__("time").tzset()
        assert deadlines.due(Rule(working_days=3), date(2025, 3, 28), china) == expected
    monkeypatch.delenv("TZ")
    __import__("time").tzset()


def oracle(rule: Rule, anchor: date) -> datetime:
    """The end of a period as a person finds it: one day of the wall calendar after the other, then the hour."""
    day = anchor - DAY if rule.inclusive_first_day else anchor
    if rule.working_days is not None:
        left = rule.working_days
        while left:
            day += DAY
            left -= day in WORKED
    elif rule.months is not None:
        month = anchor
        for _ in range(rule.months):
            month = month.replace(day=1) + DAY * 31
        last = (month.replace(day=28) + DAY * 4).replace(day=1) - DAY
        day = last.replace(day=min(anchor.day, last.day)) - (DAY if rule.inclusive_first_day else timedelta())
    else:
        for _ in range(rule.calendar_days or 0):
            day += DAY
    while rule.working_days is None and day not in WORKED:
        day += DAY
    midnight = datetime.combine(day + DAY, datetime.min.time(), timezone(timedelta(hours=8)))
    return midnight if rule.end == "24:00" else midnight - DAY + timedelta(hours=int(rule.end[:2]), minutes=30)


def test_ten_thousand_periods_end_alike_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a walk day by day, on machines of three zones; over year ends, leap days and Sundays that are worked."""
    dice = Random(20260412)  # noqa: S311 # the same cases in every run
    cases = []
    for _ in range(10_000):
        length = dice.choice(("working_days", "calendar_days", "months"))
        count = dice.randint(1, 12 if length == "months" else 40)
        given: dict[str, Any] = {length: count, "end": dice.choice(("24:00", "17:30"))}
        given["inclusive_first_day"] = dice.random() < 0.3
        cases.append((Rule(**given), date(2005, 1, 1) + DAY * dice.randrange(7300)))
    expected = [oracle(rule, anchor) for rule, anchor in cases]
    ends = [at.astimezone(deadlines.ZONE) - timedelta.resolution for at in expected]
    assert sum(end.weekday() == 6 for end in ends) > 20  # Sundays that are worked
    assert sum(end.year > anchor.year for end, (_, anchor) in zip(ends, cases, strict=True)) > 500
    assert any((anchor.month, anchor.day) == (2, 29) for _, anchor in cases)
    try:
        for zone in ("UTC", "America/New_York", "Asia/Shanghai"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert [deadlines.due(rule, anchor, CHINA).at for rule, anchor in cases] == expected
    finally:
        monkeypatch.undo()
        time.tzset()
