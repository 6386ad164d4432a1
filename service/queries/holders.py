"""Who has a task: the person, or the group as people know it — never an expert's name for an applicant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.organisations import Organisation

EXPERT, MEMBER = "expert", "member"


@dataclass(frozen=True, slots=True)
class Holder:
    """One group that may take a task: the role, and the name of its organisation where it has one."""

    role: str
    organisation: str


def holders(session: Session, group_keys: Iterable[str]) -> dict[str, Holder]:
    """Each group key's holder; one statement for all of them."""
    keys = sorted(set(group_keys))
    ids = {int(place) for key in keys if (place := _parts(key)[1]).isdecimal()}
    codes = {_parts(key)[1] for key in keys if _parts(key)[0] == MEMBER}
    names: dict[str, str] = {}
    if ids or codes:
        found = session.execute(
            select(Organisation.id, Organisation.credit_code, Organisation.name).where(
                Organisation.id.in_(ids) | Organisation.credit_code.in_(codes)
            )
        )
        for row_id, code, name in found:
            names[str(row_id)] = name
            if code:
                names[code] = name
    return {key: _holder(key, names) for key in keys}


def _holder(key: str, names: Mapping[str, str]) -> Holder:
    role, place = _parts(key)
    if role == EXPERT:
        return Holder(EXPERT, "")
    return Holder(role, names.get(place, ""))


def _parts(key: str) -> tuple[str, str]:
    """`local-clerk@12` and `expert:7` as their two parts."""
    role, separator, place = key.partition("@")
    if separator:
        return role, place
    role, _, place = key.partition(":")
    return role, place
