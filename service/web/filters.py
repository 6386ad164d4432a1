"""What the query string of a list asks for, as the queries take it: one reading for the page and for its export."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from service.domain.deadlines import start_of
from service.queries import audit, cases, inbox
from service.web.i18n import this_day
from service.web.present import SOON_DAYS
from service.web.security import moment

# Nothing waits longer ago than this; it only has to be before every due date.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def of_inbox(asked: Mapping[str, Any]) -> inbox.Filters:
    """The filters of the inbox; what is due today is so until the next midnight."""
    tomorrow = start_of(this_day()) + timedelta(days=1)
    ranges: dict[str, tuple[datetime | None, datetime | None]] = {
        "": (None, None),
        "over": (LONG_AGO, moment()),
        # a period that ends today is over at the next midnight, hence the millisecond after it
        "today": (moment(), tomorrow + timedelta(milliseconds=1)),
        "soon": (moment(), tomorrow + timedelta(days=SOON_DAYS, milliseconds=1)),
    }
    return inbox.Filters(asked["q"], asked["programme"], *ranges[asked["due"]])


def of_cases(asked: Mapping[str, Any]) -> cases.CaseFilters:
    """The filters of the list of cases."""
    running = {"running": True, "ended": False}.get(asked["state"])
    return cases.CaseFilters(asked["q"], asked["programme"], running, asked["standing"])


def of_trail(asked: Mapping[str, Any]) -> audit.TrailFilters:
    """The filters of the audit trail."""
    return audit.TrailFilters(asked["who"], asked["action"], asked["case"], asked["from"], asked["to"])
