"""Working days against vectors measured elsewhere, a brute-force walk and another calendar."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.calendar import Calendar, Day
from service.domain.errors import CalendarGap
from service.store.calendars import shipped

CHINA = shipped()
DAY = timedelta(days=1)
days = st.dates(date(2005, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2022-09-26", 10, "2022-10-13"),
        ("2022-09-05", 10, "2022-09-20"),
        ("2025-04-01", 5, "2025-04-09"),
        ("2025-04-28", 5, "2025-05-08"),
        ("2025-09-26", 10, "2025-10-16"),
        ("2025-01-22", 10, "2025-02-11"),
        ("2025-04-24", 10, "2025-05-12"),
        ("2026-09-28", 10, "2026-10-16"),
    ],
)
def test_working_days_after_an_event(china: Calendar, start: str, count: int, end: str) -> None:
    assert china.add(date.fromisoformat(start), count) == date.fromisoformat(end)


def test_every_day_of_the_published_years_agrees_with_another_calendar(china: Calendar) -> None:
    day, differing = date(2004, 1, 1), []
    while day.year <= 2026:
        if china.is_working_day(day) != chinese_calendar.is_workday(day):
            differing.append(day)
        day += DAY
    assert differing == []


def walk(day: date, count: int) -> date:
    """One day after the other, as a person would with a wall calendar."""
    step = DAY if count > 0 else -DAY
    while count:
        day += step
        if chinese_calendar.is_workday(day):
            count -= 1 if count > 0 else -1
    return day


@given(days, st.integers(-60, 60))
def test_adding_is_walking(day: date, count: int) -> None:
    assert CHINA.add(day, count) == walk(day, count)


@given(days, st.integers(1, 200))
def test_counting_undoes_adding(day: date, count: int) -> None:
    assert CHINA.count(day, CHINA.add(day, count)) == count
    assert CHINA.count(CHINA.add(day, count), day) == -count


@given(days, st.integers(-40, 40).filter(bool), st.integers(1, 40))
def test_adding_in_two_steps_is_adding_at_once(day: date, first: int, second: int) -> None:
    if first > 0:
        assert CHINA.add(CHINA.add(day, first), second) == CHINA.add(day, first + second)


@given(days)
def test_the_next_working_day_is_the_first_open_one(day: date) -> None:
    found = CHINA.next_working(day)
    assert CHINA.is_working_day(found)
    assert not any(CHINA.is_working_day(day + DAY * n) for n in range((found - day).days))


@given(days, st.integers(0, 60))
def test_what_is_named_explains_the_difference_to_a_week_calendar(day: date, length: int) -> None:
    until = day + DAY * length
    weekdays = sum((day + DAY * n).weekday() < 5 for n in range(1, length + 1))
    closed = _each(CHINA.holidays(day, until))
    opened = _each(CHINA.made_up(day, until))
    assert CHINA.count(day, until) == weekdays - sum(d.weekday() < 5 for d in closed) + len(opened)


def _each(spans: tuple[object, ...]) -> list[date]:
    return [s.first + DAY * n for s in spans for n in range((s.last - s.first).days + 1)]  # type: ignore[attr-defined]


def test_a_year_without_a_table_is_a_gap_and_never_a_guess(china: Calendar) -> None:
    for ask in (
        lambda: china.add(date(2027, 12, 30), 10),
        lambda: china.add(date(2028, 1, 5), 1),
        lambda: china.add(date(2004, 1, 2), -5),
        lambda: china.count(date(2027, 12, 1), date(2028, 1, 1)),
        lambda: china.is_working_day(date(2003, 6, 1)),
        lambda: china.next_working(date(2028, 2, 1)),
    ):
        with pytest.raises(CalendarGap):
            ask()


def test_the_first_day_of_the_first_year_has_a_next_working_day(china: Calendar) -> None:
    assert china.next_working(date(2004, 1, 1)) == date(2004, 1, 2)


def test_zero_is_the_day_itself_even_where_no_table_is(china: Calendar) -> None:
    assert china.add(date(2099, 1, 1), 0) == date(2099, 1, 1)


def test_a_gap_between_two_years_is_noticed() -> None:
    patchy = Calendar([Day(date(2024, 1, 1), False, "元旦"), Day(date(2026, 1, 1), False, "元旦")])
    with pytest.raises(CalendarGap, match="2025"):
        patchy.add(date(2024, 12, 30), 5)


def test_the_coming_year_is_provisional(china: Calendar) -> None:
    assert china.provisional_years == {2027}
    assert china.is_provisional(date(2026, 12, 20), date(2027, 1, 5))
    assert not china.is_provisional(date(2026, 1, 1), date(2026, 12, 31))


def test_two_calendars_of_the_same_days_have_one_digest(china: Calendar) -> None:
    assert Calendar(reversed([Day(date(2024, 1, 1), False, "元旦"), Day(date(2024, 1, 2), True, "x")])).digest == (
        Calendar([Day(date(2024, 1, 1), False, "元旦"), Day(date(2024, 1, 2), True, "x")]).digest
    )
    assert Calendar([Day(date(2024, 1, 1), True, "元旦")]).digest != (
        Calendar([Day(date(2024, 1, 1), False, "元旦")]).digest
    )


def test_a_year_that_has_begun_without_its_table_is_missed_at_once(china: Calendar) -> None:
    assert china.unpublished_year(date(2025, 12, 1)) is None
    assert china.unpublished_year(date(2027, 3, 1)) == 2027
    assert china.unpublished_year(date(2028, 3, 1)) == 2028
