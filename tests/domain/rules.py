"""A deadline rule for tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a manifest says of a period."""

    working_days: int | None = None
    calendar_days: int | None = None
    months: int | None = None
    end: str = "24:00"
    inclusive_first_day: bool = False
    since: tuple[str, str] = ("", "")
    source: str = ""
    added: bool = False
