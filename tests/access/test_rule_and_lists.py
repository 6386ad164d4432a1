"""The rule over facts and its twin in SQL say what an independent oracle says, over generated accesses."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.access.judging import judge

ACCESSES = 2_000


def test_the_rule_and_the_lists_agree_with_the_oracle(
    store: Flask, record_property: Callable[[str, object], None]
) -> None:
    del store
    judged, seed = 0, 0
    while judged < ACCESSES:
        more, wrong = judge(seed)
        assert wrong == []
        judged, seed = judged + more, seed + 1
    record_property("figures", f"{judged} accesses in {seed} worlds, 0 wrong")
