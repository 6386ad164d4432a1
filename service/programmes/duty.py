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
    standing: str = ""  # owed only by who has this standing when filed and when it opens; empty: by all
    extension_months: int = 0  # how far one decision may move what is owed once; 0: not at all
    source: str = ""
    added: bool = False

    def is_owed(self, standing: str) -> bool:
        """Whether a centre of this standing owes it.

        >>> Duty("construction", "组建", standing="constructing").is_owed("operating")
        False
        """
        return self.standing in ("", standing)

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

    def last_day(self, due_on: date, today: date) -> date | None:
        """The last day to which one decision may move it: from the due date, or from today once that is over.

        None for what is not moved: what is owed again and again, and what names no `extension_months`.

        >>> rule = Duty("construction", "组建", every_years=0, after_months=24, extension_months=12)
        >>> rule.last_day(date(2022, 6, 1), date(2022, 1, 1)), rule.last_day(date(2022, 6, 1), date(2022, 9, 1))
        (datetime.date(2023, 6, 1), datetime.date(2023, 9, 1))
        """
        if self.every_years or not self.extension_months:
            return None
        return months_later(max(due_on, today), self.extension_months)

    def next_due(self, previous: date) -> date | None:
        """The due date that follows `previous`; None for what is owed once."""
        if not self.every_years:
            return None
        year = previous.year + self.every_years
        return _on(year, self.due) if self.due else months_later(previous, 12 * self.every_years)


def _on(year: int, month_day: str) -> date:
    """The date, or the month's last day where the month is shorter."""
    month, day = (int(part) for part in month_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))
