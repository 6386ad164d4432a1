"""Official numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.domain.numbering import format_number, unknown_fields


@given(st.integers(2000, 2100), st.integers(1, 10**6), st.integers(1, 8))
def test_two_serials_never_give_one_number(year: int, serial: int, digits: int) -> None:
    pattern = "长创联备〔{year}〕{serial}号"
    numbers = {format_number(pattern, year=year, serial=n, digits=digits) for n in (serial, serial + 1)}
    assert len(numbers) == 2


def test_what_is_no_field_is_left_as_it_stands() -> None:
    assert format_number("{a}{year}{{", year=2026, serial=1) == "{a}2026{{"
    assert unknown_fields("{a}{year}{serial}") == ("a",)
