"""Five experts submit at once, fifty times, on each kind of database: none fails, and how long they wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.invariants import check
from tests.support.office import open_office, whole
from tests.support.panel import EXPERTS, MODELS, PROGRAMME, Round, experts
from tests.support.races import losers

pytestmark = pytest.mark.proof

ROUNDS = 50


def test_five_experts_submit_at_once(
    database: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with whole(database, tmp_path) as app:
        office = open_office(app, PROGRAMME, datetime(2025, 3, 3, 1, 0, tzinfo=UTC), MODELS)
        people = experts(office)
        rounds = [Round(app, office, people) for _ in range(ROUNDS)]
        findings = check()
    failed = [error for one in rounds for error in losers(one.results)]
    waits = sorted(seconds for one in rounds for seconds in one.seconds)
    record_property(
        "figures",
        f"{len(waits)} submissions, {len(failed)} failed, p50 {_at(waits, 0.5):.0f} ms, p95 {_at(waits, 0.95):.0f} ms, "
        f"{sum(one.tries for one in rounds) - len(waits)} tried again, {findings.total} violations",
    )
    assert failed == []
    assert findings.breaches == {}
    assert len(waits) == ROUNDS * EXPERTS == findings.figures["completed"]


def _at(waits: list[float], share: float) -> float:
    """A quantile in milliseconds."""
    return 1000 * waits[min(int(len(waits) * share), len(waits) - 1)]
