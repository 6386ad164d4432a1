"""Writes dated things as an iCalendar (RFC 5545) that every calendar program can subscribe to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

MEDIA_TYPE: Final = "text/calendar"
LONGEST_LINE: Final = 75  # octets, the line break not counted (§3.1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on its day: a `date` for the whole day, an aware instant for a time; `uid` stays over all readings."""

    uid: str
    on: date | datetime
    title: str
    text: str = ""
    url: str = ""


def calendar(name: str, entries: Iterable[Entry], *, stamp: datetime) -> bytes:
    """The whole calendar, as UTF-8; `stamp` (aware) is when it was made. Entries take no time of anybody's day."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Shenbao//Deadlines//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        *(line for entry in entries for line in _event(entry, stamp)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(entry: Entry, stamp: datetime) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{entry.uid}", f"DTSTAMP:{_instant(stamp)}")
    if isinstance(entry.on, datetime):
        yield f"DTSTART:{_instant(entry.on)}"  # without an end it lasts no time (§3.6.1)
    else:
        yield f"DTSTART;VALUE=DATE:{entry.on:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{entry.on + timedelta(days=1):%Y%m%d}"  # exclusive
    yield f"SUMMARY:{_text(entry.title)}"
    if entry.text:
        yield f"DESCRIPTION:{_text(entry.text)}"
    if entry.url:
        yield f"URL:{entry.url}"
    yield from ("TRANSP:TRANSPARENT", "END:VEVENT")


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A TEXT value (§3.3.11): what would end or split it is escaped, other control characters are left out.

    >>> _text("报送；含 a,b; 两行\\n完")
    '报送；含 a\\\\,b\\\\; 两行\\\\n完'
    """
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    escaped = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(char for char in escaped if char == "\t" or (char >= " " and char != "\x7f"))


def _folded(line: str) -> bytes:
    """The line in pieces of at most LONGEST_LINE octets, none of which cuts a character in two."""
    pieces, piece = [], b""
    for char in line:
        octets = char.encode("utf-8", "replace")
        if len(piece) + len(octets) > LONGEST_LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
