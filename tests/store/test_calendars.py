"""The calendar as rows: seeded once, imported by year, and never stale."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from service.domain.calendar import Day
from service.domain.errors import CalendarGap
from service.domain.identity import SYSTEM
from service.store import calendars
from service.store.calendars import CalendarDay
from service.store.session import db
from service.store.unit_of_work import transact
from tests.support.databases import statements


@pytest.fixture
def seeded(store: Flask, now: datetime) -> Flask:
    transact(lambda work: calendars.seed(work.session), actor=SYSTEM, now=now)
    return store


def test_the_rows_make_the_calendar_that_is_shipped(seeded: Flask) -> None:
    assert calendars.load(db.session()).digest == calendars.shipped().digest


def test_seeding_again_adds_nothing(seeded: Flask, now: datetime) -> None:
    before = db.session.scalar(select(func.count(CalendarDay.on_date)))
    assert transact(lambda work: calendars.seed(work.session), actor=SYSTEM, now=now) == 0
    assert db.session.scalar(select(func.count(CalendarDay.on_date))) == before


def test_an_empty_calendar_answers_nothing(store: Flask) -> None:
    with pytest.raises(CalendarGap):
        calendars.load(db.session()).add(date(2025, 4, 1), 1)


def test_an_imported_year_is_seen_at_once(seeded: Flask, now: datetime) -> None:
    before = calendars.load(db.session())
    assert before.add(date(2027, 4, 30), 1) == date(2027, 5, 3)
    published = [Day(date(2027, 5, n), False, "劳动节", "国务院办公厅通知") for n in range(1, 6)]
    transact(lambda work: calendars.replace_year(work.session, "cn", 2027, published), actor=SYSTEM, now=now)
    after = calendars.load(db.session())
    assert after.add(date(2027, 4, 30), 1) == date(2027, 5, 6)
    assert after.provisional_years == frozenset()
    assert calendars.days_of(db.session(), year=2027) == published


def test_what_an_administrator_imported_is_not_seeded_over(seeded: Flask, now: datetime) -> None:
    published = [Day(date(2027, 5, 1), False, "劳动节", "国务院办公厅通知")]
    transact(lambda work: calendars.replace_year(work.session, "cn", 2027, published), actor=SYSTEM, now=now)
    assert transact(lambda work: calendars.seed(work.session), actor=SYSTEM, now=now) == 0
    assert calendars.days_of(db.session(), year=2027) == published


def test_a_published_year_takes_the_place_of_a_provisional_one(seeded: Flask, now: datetime) -> None:
    guess = [Day(date(2026, 1, 1), False, "元旦", "", provisional=True)]
    transact(lambda work: calendars.replace_year(work.session, "cn", 2026, guess), actor=SYSTEM, now=now)
    assert transact(lambda work: calendars.seed(work.session), actor=SYSTEM, now=now) == 1
    assert calendars.load(db.session()).digest == calendars.shipped().digest


def test_a_known_calendar_costs_one_small_statement(seeded: Flask) -> None:
    calendars.load(db.session())
    with statements(seeded) as counted:
        calendars.load(db.session())
    assert len(counted.texts) == 1
    assert "calendar_days" not in counted.texts[0]


def test_each_shipped_year_names_its_source(store: Flask) -> None:
    for year, days in calendars.shipped_years().items():
        assert {day.on.year for day in days} == {year}
        assert all(day.source for day in days)
        assert {day.provisional for day in days} == {year > 2026}
