"""The entry of another programme that a case rests on: the centre it would promote, or the approval it relies on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from service.domain.register import is_struck_off
from service.operations.context import OperationContext, OperationRefused
from service.operations.register import record
from service.store.case_bases import PROMOTION, CaseBasis, nominations
from service.store.register import RegisterEntry


def rest_on(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Link the case to the entry of this `number`, and write so into the entry's history; no number links nothing.

    Refused: a number the register does not have, a centre that was struck off or is another unit's, one of the
    programme itself. Declared anew with another number, the case rests on that one.
    """
    known = context.session.scalar(select(CaseBasis).where(CaseBasis.case_id == context.case.id))
    if not inputs.get("number"):
        if known is not None:
            context.session.delete(known)
        return {"entry": None}
    entry = _entry(context, inputs["number"])
    if known is not None and known.register_entry_id == entry.id:
        return {"entry": entry.id}
    basis = known or CaseBasis(case_id=context.case.id, kind=inputs["kind"], at=context.work.now)
    basis.register_entry_id = entry.id
    basis.nomination_id = next(iter(nominations(context.session, entry.id)), None)
    context.session.add(basis)
    kind = "put-forward" if inputs["kind"] == PROMOTION else "relied-on"
    record(context, entry, kind, note=f"{context.programme.manifest.name}，案件 {context.case.number}")
    return {"entry": entry.id}


def _entry(context: OperationContext, number: str) -> RegisterEntry:
    entry = context.session.scalar(select(RegisterEntry).where(RegisterEntry.number == number).with_for_update())
    if entry is None:
        raise OperationRefused(zh=f"名录中没有编号 {number}", en=f"the register has no number {number}")
    if is_struck_off(entry.state):
        raise OperationRefused(
            zh=f"{entry.name}（{number}）已从名录中除名，不能作为依托", en=f"{number} has been struck off the register"
        )
    if entry.programme == context.case.programme:
        raise OperationRefused(
            zh=f"{entry.name}（{number}）是本专项自己的，不能作为晋升来源或者批建依据",
            en=f"{number} belongs to this programme itself",
        )
    if entry.credit_code != (context.of_case("applicant") or {}).get("credit_code"):
        raise OperationRefused(
            zh=f"{entry.name}（{number}）不是本单位牵头的", en=f"{number} is led by another unit than the applicant"
        )
    return entry
