"""Keyset paging: a page ends with a cursor that names its last row, so page 500 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Generic, TypeVar

from service.domain.errors import InvalidInput

Row = TypeVar("Row")

PAGE = 25


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, and the cursor of the next page; empty when this is the last."""

    rows: tuple[Row, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Choice(Generic[Row]):
    """The first rows of a list to choose from; `more` says that others stay out until a name narrows it."""

    rows: tuple[Row, ...] = ()
    more: bool = False


def instant_cursor(at: datetime, row_id: int) -> str:
    """The cursor of a list in the order of an instant: seconds since 1970 with their fraction, then the id."""
    return f"{at.astimezone(UTC).isoformat()}~{row_id}"


def read_instant_cursor(text: str) -> tuple[datetime, int] | None:
    """The instant and id of a cursor, None for the first page; raises InvalidInput for a cursor nobody gave out."""
    if not text:
        return None
    try:
        instant, row_id = text.rsplit("~", 1)
        at = datetime.fromisoformat(instant.replace(" ", "+"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)), int(row_id)
    except ValueError as error:
        raise _no_position() from error


def date_cursor(day: date, row_id: int) -> str:
    """The cursor of a list in the order of a date, then the id."""
    return f"{day.isoformat()}~{row_id}"


def read_date_cursor(text: str) -> tuple[date, int] | None:
    """The date and id of a cursor, None for the first page; raises InvalidInput for a cursor nobody gave out."""
    if not text:
        return None
    day, _, row_id = text.partition("~")
    try:
        return date.fromisoformat(day), int(row_id)
    except ValueError as error:
        raise _no_position() from error


def read_id_cursor(text: str) -> int | None:
    """The id of a cursor in a list in the order of ids, newest first."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise _no_position()
    return int(text)


def _no_position() -> InvalidInput:
    return InvalidInput(field="after", zh="翻页位置无效", en="the page position is not valid")


def choice(rows: Sequence[Row], size: int) -> Choice[Row]:
    """The first `size` of `size + 1` rows that were read."""
    return Choice(tuple(rows[:size]), len(rows) > size)


def cut(rows: Sequence[Row], size: int) -> tuple[tuple[Row, ...], Row | None]:
    """The first `size` of `size + 1` rows that were read, and the last of them when there are more."""
    shown = tuple(rows[:size])
    return shown, (shown[-1] if len(rows) > size else None)
