"""Acting on a centre in the register: who may begin what about it, its members, and one filed before this service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.commands.remits import require_remit
from service.commands.trail import note
from service.domain import register
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotFound, WrongState
from service.domain.identity import Actor
from service.domain.register import is_struck_off
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.programmes.manifest import Manifest, Procedure
from service.store import deployments
from service.store.cases import Case
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.register import Duty, RegisterChange, RegisterEntry
from service.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Place:
    """Where a centre stands: its lead unit, all its units, and the path of the department that answers for it."""

    applicant_id: int | None
    units: frozenset[str]
    department: str


class CentreStruckOff(WrongState):
    """The centre was revoked, dissolved, promoted or removed: nothing more is begun about it."""

    code = "centre-struck-off"
    zh = "“{name}”（{number}）已从名录中除名，不能再办理这一事项。"
    en = "“{name}” ({number}) has been struck off the register; nothing more can be started about it."


class AlreadyUnderWay(WrongState):
    """A case of the same procedure is still open for the centre."""

    code = "already-under-way"
    zh = "“{name}”的同一事项正在办理（{case}），办结以后才能再次发起。"
    en = "The same procedure is already under way for “{name}” ({case}); it has to end first."


def to_act_on(work: UnitOfWork, programme: CompiledProgramme, rule: Procedure, entry_id: int | None) -> RegisterEntry:
    """The entry a procedure is begun about, locked. Source: domain §13.39, §15.

    Raises NotFound for one of another programme or out of the actor's reach, CentreStruckOff, and for a person
    AlreadyUnderWay; the clock may open this year's duty while last year's is still open.
    """
    if entry_id is None:
        raise InvalidInput(field="entry", zh="请从名录中选择要办理的对象", en="name the centre in the register")
    entry = work.session.scalar(select(RegisterEntry).where(RegisterEntry.id == entry_id).with_for_update())
    if entry is None or entry.programme != programme.key:
        raise NotFound()
    _, department = units_of(work.session, entry)
    place = Place(
        entry.applicant_id, register.units_of(entry.credit_code, entry.data), department.path if department else ""
    )
    if not within_reach(work.actor, programme.manifest, rule, place):
        raise NotFound()
    if is_struck_off(entry.state):
        raise CentreStruckOff(name=entry.name, number=entry.number)
    if work.actor.is_person:
        _refuse_second(work, rule, entry)
    return entry


def within_reach(actor: Actor, manifest: Manifest, rule: Procedure, place: Place) -> bool:
    """Whether the actor could begin this about the centre: its own unit, or staff who are tied to none of its units.

    A procedure that no role starts is begun by the service alone; a clerk of another department has no part in it.
    """
    if not actor.is_person:
        return True
    if not rule.start:
        return False
    holder = manifest.roles[rule.start].holder
    if holder == "applicant":
        return place.applicant_id is not None and actor.organisation_id == place.applicant_id
    if holder == "competent" and not any(
        grant.role == rule.start and place.department.startswith(grant.path) for grant in actor.roles
    ):
        return False
    return place.units.isdisjoint(actor.related_units)


def units_of(session: Session, entry: RegisterEntry) -> tuple[Organisation | None, Organisation | None]:
    """The lead unit of an entry and the department that answers for it."""
    unit = session.get(Organisation, entry.applicant_id) if entry.applicant_id else None
    above = session.get(Organisation, unit.competent_id) if unit and unit.competent_id else None
    return unit, above


def _refuse_second(work: UnitOfWork, rule: Procedure, entry: RegisterEntry) -> None:
    same = (Case.register_entry_id == entry.id, Case.procedure == rule.key, Case.ended_at.is_(None))
    running = work.session.scalar(select(Case.number).where(*same).limit(1))
    if running is not None:
        raise AlreadyUnderWay(name=entry.name, case=running)


def bring_members(work: UnitOfWork, case: Case, entry: RegisterEntry) -> None:
    """The units of the entry take part in the new case: their people stay out of judging it, as they did before."""
    for position, row in enumerate(entry.data.get("members", ()), start=1):
        work.session.add(
            Member(
                case_id=case.id,
                position=position,
                name=row.get("name") or "",
                credit_code=row.get("credit_code"),
                kind=row.get("kind"),
                role=row.get("role"),
                data=dict(row),
            )
        )
    work.session.flush()


def enrol(
    work: UnitOfWork,
    programme: str,
    *,
    number: str,
    name: str,
    credit_code: str,
    entered_on: date,
    standing: str = "operating",
    members: Sequence[dict[str, Any]] = (),
) -> int:
    """Enter a centre that was filed before this service was used; its duties run from today on. Returns the entry's id.

    InvalidInput names a number or a name that is taken, a unit that is not registered, a date in the future, and a
    standing that no centre in force has.
    """
    deployment_id = deployments.newest(work.session, programme)
    if deployment_id is None:
        raise NotFound()
    manifest = compiled_of(work.session, deployment_id).manifest
    require_remit(work, "administer", code=manifest.authority)
    today = local_date(work.now)
    unit = work.session.scalar(select(Organisation).where(Organisation.credit_code == credit_code))
    if unit is None:
        raise InvalidInput(field="credit_code", zh="没有这个单位，请先登记单位", en="register the unit first")
    if standing not in register.ACTIVE:
        raise InvalidInput(field="standing", zh=f"没有运行状态 {standing}", en=f"{standing} is no standing in force")
    if entered_on > today:
        raise InvalidInput(field="entered_on", zh="备案日期不能晚于今天", en="may not lie in the future")
    if work.session.scalar(select(RegisterEntry.id).where(RegisterEntry.number == number)) is not None:
        raise InvalidInput(field="number", zh=f"编号 {number} 已在名录中", en=f"{number} is in the register already")
    entry = RegisterEntry(
        number=number,
        programme=programme,
        name=name,
        credit_code=credit_code,
        applicant_id=unit.id,
        state=standing,
        entered_on=entered_on,
        data={"lead": unit.name, "region": unit.region, "members": list(members)},
    )
    work.session.add(entry)
    work.session.flush()
    work.session.add(
        RegisterChange(register_entry_id=entry.id, on_date=entered_on, at=work.now, kind="enrolled", state=entry.state)
    )
    _owe(work, manifest, entry, today)
    note(work, "centre-enrolled", "register-entry", entry.id, {"number": number, "name": name})
    return entry.id


def _owe(work: UnitOfWork, manifest: Manifest, entry: RegisterEntry, today: date) -> None:
    """The first occurrence of each duty that is not over on the day."""
    for key, duty in sorted(manifest.duties.items()):
        if not duty.is_owed(entry.state):
            continue
        due_on: date | None = duty.first_due(entry.entered_on)
        while due_on is not None and due_on < today:
            due_on = duty.next_due(due_on)
        if due_on is not None:
            opens_at = duty.opens_at(due_on)
            work.session.add(Duty(register_entry_id=entry.id, kind=key, due_on=due_on, opens_at=opens_at))
