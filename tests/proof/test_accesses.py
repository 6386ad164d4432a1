"""5,000 generated accesses, judged by the rule and by the lists as an independent oracle judges them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.access.judging import judge

pytestmark = pytest.mark.proof

ACCESSES, FIRST_SEED = 5_000, 1_000


def test_no_access_is_judged_wrong(store: Flask, record_property: Callable[[str, object], None]) -> None:
    del store
    judged, seed = 0, FIRST_SEED
    while judged < ACCESSES:
        more, wrong = judge(seed)
        assert wrong == []
        judged, seed = judged + more, seed + 1
    record_property("figures", f"{judged} accesses in {seed - FIRST_SEED} worlds, 0 wrong")
