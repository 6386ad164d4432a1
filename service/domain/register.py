"""The rules of the register: which standings a centre can have, which follow which, and how long a ban lasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from service.domain.deadlines import months_later

#: Standings of a centre that is in the register and may act.
ACTIVE: Final = ("constructing", "acceptance", "named", "piloted", "operating", "rectifying")
#: Standings that end it: the entry stays, marked, and nothing more is done about it.
STRUCK_OFF: Final = ("revoked", "dissolved", "promoted", "removed")


def is_struck_off(standing: str) -> bool:
    """Whether the centre has left the register.

    >>> is_struck_off("revoked"), is_struck_off("rectifying")
    (True, False)
    """
    return standing in STRUCK_OFF


def units_of(credit_code: str | None, data: Mapping[str, Any]) -> frozenset[str]:
    """Credit codes and names of the lead unit and the members of an entry: who is tied to one judges nothing of it."""
    found = {credit_code, data.get("lead")}
    found |= {row.get(key) for row in data.get("members", ()) for key in ("name", "credit_code")}
    return frozenset(text for text in found if text)


def last_day_of_ban(decided_on: date, years: int) -> date:
    """The last day of a ban of whole years that begins on the day of the decision; on the next day the unit may apply.

    Source: domain §13.27; 民法典 §202.

    >>> last_day_of_ban(date(2025, 3, 1), 3)
    datetime.date(2028, 2, 29)
    >>> last_day_of_ban(date(2024, 2, 29), 3)
    datetime.date(2027, 2, 28)
    """
    return eve_of_years_later(decided_on, years)


def eve_of_years_later(first: date, years: int) -> date:
    """The last day of whole years of which `first` is the first day: the eve of the same day.

    Where that year has no such day (29 February) it ends with the month.

    >>> eve_of_years_later(date(2025, 6, 1), 2)
    datetime.date(2027, 5, 31)
    """
    same_day = months_later(first, 12 * years)
    return same_day if same_day.day < first.day else same_day - timedelta(days=1)
