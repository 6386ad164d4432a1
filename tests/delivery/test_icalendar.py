"""What a calendar program reads: RFC 5545's lines, folds, escapes, days and instants."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.delivery.icalendar import LONGEST_LINE, Entry, calendar

STAMP = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)
WHOLE = Entry("task-1@shenbao", date(2024, 2, 29), "填报")
NAMES = r"[A-Z-]+(;[A-Z-]+=[A-Z]+)?"


def lines(*entries: Entry) -> list[str]:
    """The logical lines, unfolded; every physical one is held to the standard on the way."""
    content = calendar("期限", entries, stamp=STAMP)
    assert content.endswith(b"\r\n")
    physical = content[:-2].split(b"\r\n")
    assert max(map(len, physical)) <= LONGEST_LINE
    assert not any(b"\n" in line or b"\r" in line for line in physical)
    for line in physical:
        line.decode("utf-8")  # no character is cut in two
    found = content[:-2].replace(b"\r\n ", b"").decode("utf-8").split("\r\n")
    assert all(re.match(rf"{NAMES}:", line) for line in found)
    return found


def test_a_day_is_a_date_with_an_exclusive_end_over_a_leap_day() -> None:
    told = lines(WHOLE)
    assert "DTSTART;VALUE=DATE:20240229" in told
    assert "DTEND;VALUE=DATE:20240301" in told
    assert (told[0], told[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"VERSION:2.0", "UID:task-1@shenbao", "DTSTAMP:20250401T020000Z"} <= set(told)


def test_an_hour_is_an_instant_of_no_length() -> None:
    told = lines(Entry("a", datetime(2022, 10, 13, 9, 30, tzinfo=UTC), "送交", url="https://example.invalid/tasks/1"))
    assert "DTSTART:20221013T093000Z" in told
    assert not any(line.startswith("DTEND") for line in told)


@given(st.text(max_size=120), st.text(max_size=120))
def test_no_text_ends_its_line_or_is_lost(title: str, text: str) -> None:
    told = lines(Entry("a", date(2025, 4, 15), title, text))
    assert told.count("END:VEVENT") == 1
    (summary,) = [line.partition(":")[2] for line in told if line.startswith("SUMMARY:")]
    plain = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], summary)
    kept = title.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    assert plain == "".join(char for char in kept if char in "\t\n" or (char >= " " and char != "\x7f"))
