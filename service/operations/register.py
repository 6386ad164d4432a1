"""Filing and what follows: name, number, register entry, changes of it, leaving it; each change dated and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from service.domain.register import STRUCK_OFF, is_struck_off
from service.operations.context import OperationContext, OperationRefused
from service.operations.letters import next_of
from service.store import register as entries
from service.store.neighbours import field_of
from service.store.organisations import Organisation
from service.store.register import RegisterEntry


def check_name(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Whether no active entry of the register bears the name; blanks and case do not tell names apart.

    No name at all is not available: the decision gave none, and the lead unit is asked for another.
    """
    if not inputs.get("full_name"):
        return {"available": False}
    name = _folded(inputs["full_name"])
    taken = context.session.execute(
        select(RegisterEntry.id, RegisterEntry.case_id, RegisterEntry.name).where(
            RegisterEntry.state.not_in(STRUCK_OFF)
        )
    )
    own = context.case.register_entry_id
    others = {_folded(other) for entry, case_id, other in taken if entry != own and (case_id != context.case.id or own)}
    return {"available": name not in others}


def next_number(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """The next number of a series of the manifest; `filing` where none is named."""
    return {"number": next_of(context, inputs.get("series") or "filing")}


def register(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Enter the centre or consortium into the public register under its filing number.

    `standing` is what it begins as: `operating` unless the diagram says otherwise (`constructing`, `piloted` …).
    `succeeds` is the number of the lead unit's own entry that this one takes the place of: a pilot that was recognised
    stays in the register as promoted, owes nothing more, and each of the two names the other.
    """
    number, name = inputs["filing_number"], inputs["full_name"]
    if context.session.scalar(select(func.count()).where(RegisterEntry.number == number)):
        raise OperationRefused(zh=f"编号 {number} 已在名录中", en=f"the number {number} is in the register already")
    _refuse_taken(context, name)
    applicant = context.of_case("applicant") or {}
    entry = RegisterEntry(
        number=number,
        programme=context.case.programme,
        name=name,
        credit_code=applicant.get("credit_code"),
        applicant_id=context.case.applicant_id,
        case_id=context.case.id,
        state=inputs["standing"],
        entered_on=context.today,
        data={
            "lead": applicant.get("name"),
            "region": applicant.get("region"),
            "field": field_of(context.session, context.case.id),
            "members": _members(context),
        },
    )
    context.session.add(entry)
    context.case.title = name
    context.session.flush()
    before = _succeeded(context, entry, inputs["succeeds"]) if inputs.get("succeeds") else None
    record(context, entry, "registered", note=f"承继{before.name}（{before.number}）" if before else "")
    return {"entry": entry.id}


def _succeeded(context: OperationContext, entry: RegisterEntry, number: str) -> RegisterEntry:
    mine = (RegisterEntry.number == number, RegisterEntry.programme == entry.programme)
    before = context.session.scalar(select(RegisterEntry).where(*mine).with_for_update())
    if before is None or is_struck_off(before.state) or before.credit_code != entry.credit_code:
        raise OperationRefused(
            zh=f"编号 {number} 不是本单位在名录中的有效登记，不能由新的登记承继",
            en=f"{number} is no active entry of this unit, so nothing can take its place",
        )
    before.state = "promoted"
    entries.void_waiting_duties(context.session, before.id)
    record(context, before, "struck-off", note=f"由{entry.name}（{entry.number}）承继")
    return before


def amend_register(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Write a new version of the entry this case is about: its name, its lead unit, its members, its contact.

    What is not given stays. The version before is kept in the history; the number stays for ever.
    """
    entry = entry_of(context)
    before, data = {"name": entry.name, **entry.data}, dict(entry.data)
    if inputs.get("full_name"):
        _refuse_taken(context, inputs["full_name"])
        entry.name = inputs["full_name"]
    if inputs.get("lead_credit_code"):
        lead = _unit(context, inputs["lead_credit_code"])
        entry.applicant_id, entry.credit_code = lead.id, lead.credit_code
        data |= {"lead": lead.name, "region": lead.region}
    if inputs.get("members"):
        data["members"] = _members(context)
    if inputs.get("contact"):
        data["contact"] = dict(inputs["contact"])
    entry.data = data
    after = {"name": entry.name, **data}
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    shown = [key for key in changed if key != "contact"]
    record(
        context,
        entry,
        "amended",
        note=str(inputs.get("note") or ""),
        data={key: {"before": before.get(key), "after": after.get(key)} for key in shown},
    )
    return {"changed": changed}


def record_standing(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the standing of the centre this case is about; one that it has already changes nothing."""
    entry, standing = entry_of(context), inputs["standing"]
    if entry.state != standing:
        entry.state = standing
        record(context, entry, "standing", note=str(inputs.get("note") or ""))
    return {"standing": standing}


def strike_off(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """The centre leaves the register: the entry stays, marked with the reason, and duties not yet open end."""
    entry = entry_of(context)
    entry.state = inputs["reason"]
    ended = entries.void_waiting_duties(context.session, entry.id)
    record(context, entry, "struck-off", note=str(inputs.get("note") or ""))
    return {"standing": entry.state, "duties_ended": ended}


def entry_of(context: OperationContext) -> RegisterEntry:
    """The active entry this case is about, locked. Raises OperationRefused for one that was struck off."""
    mine = RegisterEntry.case_id == context.case.id
    if context.case.register_entry_id is not None:
        mine = RegisterEntry.id == context.case.register_entry_id
    entry = context.session.scalar(select(RegisterEntry).where(mine).with_for_update())
    if entry is None:
        raise OperationRefused(zh="名录中还没有本案的登记", en="the register has no entry of this case")
    if is_struck_off(entry.state):
        raise OperationRefused(
            zh=f"{entry.name}（{entry.number}）已从名录中除名，不能再变更", en=f"{entry.number} has been struck off"
        )
    return entry


def record(
    context: OperationContext, entry: RegisterEntry, kind: str, *, note: str = "", data: Mapping[str, Any] | None = None
) -> None:
    """A dated line of the entry's public history."""
    context.session.add(
        entries.RegisterChange(
            register_entry_id=entry.id,
            case_id=context.case.id,
            on_date=context.today,
            at=context.work.now,
            kind=kind,
            state=entry.state,
            note=note,
            data=dict(data or {}),
        )
    )


def _refuse_taken(context: OperationContext, name: str) -> None:
    if not check_name(context, {"full_name": name})["available"]:  # another case may have taken it since it was checked
        raise OperationRefused(
            zh=f"名称“{name}”已被名录中另一家使用，请先变更名称", en=f"the name “{name}” is in the register already"
        )


def _unit(context: OperationContext, credit_code: str) -> Organisation:
    found = context.session.scalar(select(Organisation).where(Organisation.credit_code == credit_code))
    if found is None:
        raise OperationRefused(
            zh=f"信用代码 {credit_code} 的单位尚未注册，请先办理单位注册",
            en=f"no unit with the credit code {credit_code} is registered here; register it first",
        )
    return found


def _members(context: OperationContext) -> list[dict[str, Any]]:
    names = ("name", "credit_code", "kind", "role")
    return [{name: row.get(name) for name in names} for row in context.of_case("members")]


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()
