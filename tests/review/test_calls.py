"""A call is opened once."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from service.commands import calls
from service.domain.errors import InvalidInput
from tests.support.office import Office


def test_a_call_of_the_same_key_is_refused_with_the_field(two_dates: Office) -> None:
    opening = partial(
        two_dates.act, calls.open_call, two_dates.programme, key="2022-1", year=2022, title="2022年第一批",
        opens_on=date(2022, 3, 20), dates={"submission": date(2022, 4, 15)},
    )  # fmt: skip
    opening()
    with pytest.raises(InvalidInput, match="2022-1"):
        opening()
