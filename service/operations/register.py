"""Filing: check the name, give the number, enter the register, write the duties as dated rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from service.operations.context import OperationContext, OperationRefused
from service.operations.letters import next_of
from service.store.lookups import STRUCK_OFF
from service.store.register import Duty, RegisterEntry


def check_name(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Whether no active entry of the register bears the name; blanks and case do not tell names apart."""
    name = _folded(inputs["full_name"])
    taken = context.session.scalars(
        select(RegisterEntry.name).where(
            RegisterEntry.state.not_in(STRUCK_OFF), RegisterEntry.case_id != context.case.id
        )
    )
    return {"available": name not in {_folded(other) for other in taken}}


def next_number(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """The next number of a series of the manifest; `filing` where none is named."""
    return {"number": next_of(context, inputs.get("series") or "filing")}


def register(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Enter the centre or consortium into the public register under its filing number."""
    number, name = inputs["filing_number"], inputs["full_name"]
    if context.session.scalar(select(func.count()).where(RegisterEntry.number == number)):
        raise OperationRefused(zh=f"编号 {number} 已在名录中", en=f"the number {number} is in the register already")
    if not check_name(context, inputs)["available"]:  # another case may have taken it since it was checked
        raise OperationRefused(
            zh=f"名称“{name}”已被名录中另一家使用，请先变更名称", en=f"the name “{name}” is in the register already"
        )
    applicant = context.view.get("applicant") or {}
    declared = context.view.get("declaration") or {}
    entry = RegisterEntry(
        number=number,
        programme=context.case.programme,
        name=name,
        credit_code=applicant.get("credit_code"),
        case_id=context.case.id,
        state="operating",
        entered_on=context.today,
        data={
            "lead": applicant.get("name"),
            "region": applicant.get("region"),
            "field": declared.get("field_code"),
            "members": [{"name": row["name"], "kind": row["kind"]} for row in context.view.get("members", [])],
        },
    )
    context.session.add(entry)
    context.case.title = name
    context.session.flush()
    return {"entry": entry.id}


def start_duties(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the first due date of every duty the manifest names for what was filed."""
    entry = context.session.scalar(select(RegisterEntry).where(RegisterEntry.case_id == context.case.id))
    if entry is None:
        raise OperationRefused(zh="名录中还没有本案的登记", en="the register has no entry of this case")
    duties = context.programme.manifest.duties
    context.session.add_all(
        Duty(register_entry_id=entry.id, kind=key, due_on=duty.first_due(entry.entered_on), state="waiting")
        for key, duty in sorted(duties.items())
    )
    return {"duties": len(duties)}


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()
