"""A duty as the manifest writes it: when what a filed centre owes again and again is due, and when it opens."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from service.domain.deadlines import months_later, start_of


@dataclass(frozen=True, slots=True)
class Duty:
    """What a recognised centre owes again and again: a yearly report, an assessment every three years."""

    key: str
    name: str
    name_en: str = ""
    procedure: str = ""
    role: str = ""
    due: str = ""  # "MM-DD"; empty: the anniversary of the anchor
    every_years: int = 1  # 0: once, so many months after the anchor
    after_months: int = 0
    opens_days: int = 0  # how many calendar days before the due date its case begins
    source: str = ""
    added: bool = False

    def opens_at(self, due_on: date) -> datetime:
        """The instant (aware UTC) from which the occurrence due on a day may begin: the first of its opening day.

        >>> Duty("annual-report", "年度报告", due="01-31", opens_days=30).opens_at(date(2026, 1, 31)).isoformat()
        '2025-12-31T16:00:00+00:00'
        """
        return start_of(due_on - timedelta(days=self.opens_days))

    def first_due(self, anchor: date) -> date:
        """The first due date after a filing or approval on `anchor`; never the anchor itself.

        >>> Duty("annual-report", "年度报告", due="01-31").first_due(date(2025, 6, 1))
        datetime.date(2026, 1, 31)
        >>> Duty("evaluation", "运行评价", every_years=3).first_due(date(2024, 2, 29))
        datetime.date(2027, 2, 28)
        """
        start = months_later(anchor, self.after_months)
        if not self.due:
            return months_later(start, 12 * self.every_years)
        due = _on(start.year, self.due)
        return due if due > start else _on(start.year + 1, self.due)

    def next_due(self, previous: date) -> date | None:
        """The due date that follows `previous`; None for what is owed once."""
        if not self.every_years:
            return None
        year = previous.year + self.every_years
        return _on(year, self.due) if self.due else months_later(previous, 12 * self.every_years)


def _on(year: int, month_day: str) -> date:
    month, day = (int(part) for part in month_day.split("-"))
    return _clipped(year, month, day)


def _clipped(year: int, month: int, day: int) -> date:
    """The date, or the month's last day where the month is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))
