"""Dates and instants as people write them, in Chinese and in English."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
MONTHS_EN: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def written(value: date, language: str = "zh") -> str:
    """A day; or an instant to the minute in ZONE, where midnight belongs to the day before.

    >>> written(date(2025, 4, 15)), written(date(2025, 4, 15), "en")
    ('2025年4月15日', '15 April 2025')
    >>> from datetime import UTC
    >>> written(datetime(2025, 4, 15, 9, 30, tzinfo=UTC)), written(datetime(2025, 4, 15, 16, 0, tzinfo=UTC), "en")
    ('2025年4月15日 17:30', '15 April 2025, 24:00')
    """
    if not isinstance(value, datetime):
        return _day(value, language)
    here = value.astimezone(ZONE)
    day, clock = here.date(), f"{here:%H:%M}"
    if here.time() == time():
        day, clock = day - timedelta(days=1), "24:00"
    return f"{_day(day, language)}{', ' if language == 'en' else ' '}{clock}"


def _day(day: date, language: str) -> str:
    if language == "en":
        return f"{day.day} {MONTHS_EN[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"
