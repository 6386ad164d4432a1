"""What a case may rest on, told by the operation itself; and a duty that a decision moves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from service.commands import promotions
from service.engine import OperationRequest
from service.operations import OperationContext, OperationRefused
from service.operations.bases import rest_on
from service.operations.obligations import move_duty
from service.programmes.compiled import compiled_of
from service.store.case_bases import CaseBasis
from service.store.cases import Case, CaseEvent
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.register import Duty, RegisterChange, RegisterEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.support.office import Office

REQUEST = OperationRequest(1, "rest", "panel", "rest-on", {}, 3, None, {})
NUMBER = "示例备〔2024〕1号"


def _enter(work: UnitOfWork, case_id: int, **other: Any) -> int:
    """An entry of another programme, led by the unit of the case."""
    case = work.session.get_one(Case, case_id)
    lead = work.session.get_one(Organisation, case.applicant_id)
    given = {"number": NUMBER, "programme": "city", "name": "示例中心", "credit_code": lead.credit_code}
    entry = RegisterEntry(**{**given, "state": "operating", **other}, applicant_id=lead.id, entered_on=date(2024, 6, 1))
    work.session.add(entry)
    work.session.flush()
    return entry.id


def _run(work: UnitOfWork, case_id: int, operation: Any, **inputs: Any) -> dict[str, Any]:
    case = work.session.get_one(Case, case_id)
    context = OperationContext(work, case, compiled_of(work.session, case.deployment_id), REQUEST)
    answer: dict[str, Any] = operation(context, inputs)
    return answer


def test_a_case_rests_on_one_entry_at_a_time_and_the_register_says_so(panel: Office) -> None:
    case_id = panel.start("panel")
    entry_id = panel.act(_enter, case_id)
    for _ in range(2):
        assert panel.act(_run, case_id, rest_on, number=NUMBER, kind="promotion") == {"entry": entry_id}
    assert panel.rows(db.select(RegisterChange.kind)) == ["put-forward"]
    assert panel.act(_run, case_id, rest_on, number=None, kind="promotion") == {"entry": None}
    assert panel.rows(db.select(CaseBasis.id)) == []


def test_a_case_rests_on_no_centre_that_is_gone_or_anothers(panel: Office) -> None:
    case_id = panel.start("panel")
    wrong = {
        "struck off": {"state": "revoked"},
        "belongs to this programme": {"programme": panel.programme},
        "led by another unit": {"credit_code": "91220101MA0XOTHER0"},
    }
    for number, other in enumerate(wrong.values()):
        panel.act(_enter, case_id, **other, number=str(number), name=str(number))
    for number, said in enumerate([*wrong, "no number"]):
        with pytest.raises(OperationRefused, match=said):
            panel.act(_run, case_id, rest_on, number=str(number), kind="promotion")
    assert panel.rows(db.select(CaseBasis.id)) == []


def test_an_approval_that_is_relied_on_promotes_nobody(panel: Office) -> None:
    case_id = panel.start("panel")
    panel.act(_enter, case_id)
    panel.act(_run, case_id, rest_on, number=NUMBER, kind="approval")
    panel.act(lambda work: promotions.told_below(work, work.session.get_one(Case, case_id)))
    assert panel.rows(db.select(RegisterChange.kind)) == ["relied-on"]


def _owe(work: UnitOfWork, case_id: int, opened: int | None, due_on: date) -> None:
    """The centre of the case has a construction to finish; `opened` is the case of that duty."""
    entry_id = _enter(work, case_id)
    work.session.get_one(Case, case_id).register_entry_id = entry_id
    duty = Duty(register_entry_id=entry_id, kind="construction", due_on=due_on, opens_at=work.now, state="open")
    duty.case_id = opened
    work.session.add(duty)


def test_a_duty_that_is_over_is_moved_by_its_own_case_alone(panel: Office) -> None:
    case_id = panel.start("panel")
    panel.act(_owe, case_id, case_id, date(2025, 3, 1))
    with pytest.raises(OperationRefused, match="it is over"):
        panel.act(_run, case_id, move_duty, on="2025-09-01", kind="construction")
    panel.act(_run, case_id, move_duty, on="2026-03-03", kind=None)
    assert panel.rows(db.select(Duty.due_on)) == [date(2026, 3, 3)]
    assert panel.rows(db.select(CaseEvent.name).where(CaseEvent.case_id == case_id)) == ["duty-due"]
    assert panel.rows(db.select(RegisterChange.note)) == ["组建：2025年3月1日 改为 2026年3月3日"]


def test_a_duty_moves_later_and_at_most_as_far_as_its_rule_says(panel: Office) -> None:
    case_id = panel.start("panel")
    panel.act(_owe, case_id, case_id, date(2025, 6, 1))
    for on in ("2025-06-01", "2025-02-01", "2026-06-02", "不是日期"):
        with pytest.raises(OperationRefused):
            panel.act(_run, case_id, move_duty, on=on, kind=None)
    panel.act(_run, case_id, move_duty, on="2026-06-01", kind=None)


def test_the_case_of_a_duty_hears_that_another_moved_it(panel: Office) -> None:
    built, change = panel.start("panel"), panel.start("desk")
    panel.act(_owe, change, built, date(2025, 6, 1))
    panel.act(_run, change, move_duty, on="2026-03-01", kind="construction")
    told = panel.rows(db.select(OutboxEntry.payload).where(OutboxEntry.kind == "event"))
    assert told == [{"case_id": built, "name": "duty-due", "on": "2026-03-01"}]
