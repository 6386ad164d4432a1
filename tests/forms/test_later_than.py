"""A date that has to lie after another: the property `later-than`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.forms.desk import codes, compiled_of, send


def day(limit: str) -> dict[str, Any]:
    return {
        "type": "datetime",
        "subtype": "date",
        "key": "held_on",
        "dateLabel": "日期",
        "properties": {"later-than": limit},
    }


def written(value: str, limit: str, variables: dict[str, Any] | None = None) -> set[str]:
    return codes(send(compiled_of(day(limit)), [("held_on", value)], variables=variables or {}), "held_on")


@pytest.mark.parametrize(
    ("value", "code"), [("2022-07-28", {"later-than"}), ("2022-07-29", {"later-than"}), ("2022-07-30", set())]
)
def test_the_day_itself_is_not_later(value: str, code: set[str]) -> None:
    assert written(value, "2022-07-29") == code
    assert written(value, "=case.closes", {"case": {"closes": "2022-07-29"}}) == code


def test_a_limit_that_is_no_date_does_not_hold() -> None:
    assert written("2000-01-01", "=case.closes", {"case": {"closes": None}}) == set()
    assert written("2000-01-01", "=case.other") == set()


def test_what_is_wrong_names_the_day() -> None:
    problem = next(one for one in send(compiled_of(day("2022-07-29")), [("held_on", "2022-07-01")]).problems)
    assert problem.line() == "日期：须晚于 2022年7月29日"
    assert problem.line("en") == "日期: Must be later than 29 July 2022"
