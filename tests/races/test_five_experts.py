"""Five experts submit at once: nobody is refused, nothing is done twice, and the sixth step comes once."""

from __future__ import annotations

from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.messages import Message
from service.store.session import db
from tests.support.invariants import check
from tests.support.office import Office
from tests.support.panel import EXPERTS, Round, experts
from tests.support.races import losers, race, winners

ROUNDS = 10


def test_race_of_five_experts_who_submit_at_once(panel: Office) -> None:
    people = experts(panel)
    rounds = [Round(panel.app, panel, people) for _ in range(ROUNDS)]
    assert [losers(one.results) for one in rounds] == [[]] * ROUNDS
    for one in rounds:
        assert sorted(done.ended for done in winners(one.results)) == [False] * (EXPERTS - 1) + [True]
    assert panel.count(Case, Case.ended_at.is_not(None)) == ROUNDS
    assert panel.count(AuditEntry, AuditEntry.action == "task-completed") == ROUNDS * EXPERTS
    assert panel.count(Message) == ROUNDS  # the join was passed once
    assert check().breaches == {}


def test_race_without_anybody_starting_over(panel: Office) -> None:
    """The instance's lock: without it all five would move the same state, and all but one would start over."""
    people = experts(panel)
    rounds = [Round(panel.app, panel, people) for _ in range(2)]
    assert [one.tries for one in rounds] == [EXPERTS, EXPERTS]


def test_race_of_five_who_start_a_case(panel: Office) -> None:
    """The series' row: without its lock two cases would bear one number."""
    panel.person("lead")
    results = race(panel.app, [lambda: panel.start("desk")] * EXPERTS)
    assert losers(results) == []
    numbers = panel.rows(db.select(Case.number).order_by(Case.number))
    assert numbers == [f"SB2025{serial:06d}" for serial in range(1, EXPERTS + 1)]
