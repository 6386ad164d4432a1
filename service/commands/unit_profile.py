"""What is registered about a unit, changed by its own administrator: freely how it is reached, else on approval.

The name and the legal representative stand on the licence; its department decides them as it decides a registration.
The credit code is who the unit is: another code is another unit, which registers itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from service.commands import registrations
from service.commands.attachments import Examined
from service.commands.ports import ports
from service.commands.trail import note
from service.commands.unit_people import own_unit
from service.domain.errors import FileRefused, InvalidInput, WrongState
from service.store.organisations import Organisation
from service.store.registrations import DEPARTMENT, WAITING, Registration
from service.store.unit_of_work import UnitOfWork

FREE: Final = ("address", "contact_name", "contact_mobile", "contact_email")
DECIDED: Final = ("name", "legal_representative")


def change_contact(work: UnitOfWork, data: Mapping[str, Any]) -> None:
    """Change how the unit is reached, at once. InvalidInput names the first field that is wrong."""
    unit = own_unit(work)
    asked = {**profile_of(unit), **{name: str(data.get(name) or "").strip() for name in FREE}}
    _judge(unit, asked, FREE)
    before, after = unit.contact or {}, registrations.contact_of(asked)
    kept = {**before, **after, "legal_representative": before.get("legal_representative", "")}
    changed = sorted(name for name, value in kept.items() if value != before.get(name, ""))
    if changed:
        unit.contact = kept
        note(work, "unit-contact-changed", "organisation", unit.id, {"name": unit.name, "changed": changed})


def ask_change(work: UnitOfWork, data: Mapping[str, Any], licence: Examined | None) -> str:
    """Ask the department for another name or legal representative, with the new licence; the code of the request.

    InvalidInput names the field, FileRefused the licence; WrongState while one waits, or where no department decides.
    """
    unit = own_unit(work)
    if str(data.get("credit_code") or unit.credit_code).strip().upper() != unit.credit_code:
        raise InvalidInput(
            field="统一社会信用代码",
            zh="不能更改；换了代码就是另一个单位，请另行注册",
            en="cannot be changed; another code is another unit, which registers itself",
            name="credit_code",
        )
    asked = {**profile_of(unit), **{name: str(data.get(name) or "").strip() for name in DECIDED}}
    _judge(unit, asked, DECIDED)
    if all(asked[name] == profile_of(unit)[name] for name in DECIDED):
        raise InvalidInput(field="单位名称", zh="没有更改", en="nothing was changed", name="name")
    if licence is None:
        raise FileRefused(name="营业执照", zh="请上传变更后的营业执照或法人证书", en="the new licence is missing")
    row = _request(work, unit, asked, licence)
    registrations.announce(work, row)
    note(work, "unit-change-asked", "registration", row.id, {"name": row.name, "unit": unit.id})
    return row.code


def profile_of(unit: Organisation) -> dict[str, str]:
    """What is registered of the unit, as a registration asks for it."""
    contact = unit.contact or {}
    return {
        "name": unit.name,
        "credit_code": unit.credit_code or "",
        "kind": "enterprise" if unit.kind == "enterprise" else "institute",
        "competent": "",
        "legal_representative": str(contact.get("legal_representative") or ""),
        "address": str(contact.get("address") or ""),
        "contact_name": str(contact.get("name") or ""),
        "contact_mobile": str(contact.get("mobile") or ""),
        "contact_email": str(contact.get("email") or ""),
    }


def problems(unit: Organisation, data: Mapping[str, str], names: tuple[str, ...]) -> dict[str, InvalidInput]:
    """Everything that is wrong in these fields, by name, where `data` is laid over what is registered."""
    wrong = registrations.problems({**profile_of(unit), **data})
    return {name: wrong[name] for name in names if name in wrong}


def _judge(unit: Organisation, asked: Mapping[str, str], names: tuple[str, ...]) -> None:
    for refusal in problems(unit, asked, names).values():
        raise refusal


def _request(work: UnitOfWork, unit: Organisation, asked: dict[str, str], licence: Examined) -> Registration:
    place = work.session.get(Organisation, unit.competent_id) if unit.competent_id else None
    if place is None or place.kind != DEPARTMENT:
        raise WrongState(
            zh="贵单位没有归口管理部门，请联系主管机关的管理员更改。",
            en="No competent department answers for your unit; ask the authority's administrator.",
        )
    waiting = select(Registration.id).where(Registration.organisation_id == unit.id, Registration.state.in_(WAITING))
    if work.session.scalar(waiting.limit(1)) is not None:
        raise WrongState(zh="已有一件变更正在办理。", en="A change is being decided already.")
    row = Registration(
        code="BG" + secrets.token_hex(5).upper(),
        name=asked["name"],
        credit_code=unit.credit_code or "",
        email=asked["contact_email"],
        profile={**asked, "competent": place.code},
        licence=registrations.known_of(licence),
        licence_sha256=ports().blobs.put(licence.content),
        competent_id=place.id,
        lodged_at=work.now,
        due_at=registrations.due_of(work),
        organisation_id=unit.id,
    )
    work.session.add(row)
    work.session.flush()
    return row
