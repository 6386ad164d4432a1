"""Start a case of a procedure, and withdraw it while that is still allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from service.commands import centres
from service.commands.advance import advance
from service.commands.intake import IntakeClosed, refuse_closed
from service.commands.process_messages import publish
from service.commands.trail import note
from service.domain.access import require
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed, NotFound, WrongState
from service.domain.identity import Actor
from service.domain.numbering import format_number
from service.engine import Start
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.programmes.manifest import Manifest, NumberRule, Procedure
from service.store import calls, counters, deployments, dispatches, instances, trainings
from service.store.access import case_facts
from service.store.calls import Call
from service.store.cases import DUTY_DUE, Case, CaseEvent
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.register import Duty, RegisterEntry
from service.store.unit_of_work import UnitOfWork

ABOUT_ENTRY = "register-entry"
OWN_NUMBERS = NumberRule("case", "SB{year}{serial}", digits=6)  # of a procedure whose manifest names no series


@dataclass(frozen=True, slots=True)
class Begun:
    """The start event that begins a case instead of a person: its payload, and the correlation key of its message."""

    element: str
    payload: dict[str, Any]
    key: str | None = None


def start(
    work: UnitOfWork,
    programme: str,
    procedure: str,
    *,
    entry_id: int | None = None,
    duty: Duty | None = None,
    begun: Begun | None = None,
    variables: Mapping[str, Any] | None = None,
) -> int:
    """Start a case in the newest deployment of a programme; returns the case's id.

    `variables` may be given by a program where the manifest's procedure takes them; InvalidInput names any other.

    The actor must hold the procedure's starting role; what is about a centre in the register (`entry_id`) is started by
    its own lead unit or under its authority, see `centres.to_act_on`; `duty` is what a duty's case fulfils. A
    declaration belongs to the call that is open on the day, whose dates are then its deadlines; a programme that takes
    declarations in batches refuses one outside a call. A programme whose notice is only a draft takes cases only where
    the operator runs the service in development. Source: domain §13.23.
    """
    deployment_id = deployments.newest(work.session, programme)
    if deployment_id is None:
        raise NotFound()
    compiled = compiled_of(work.session, deployment_id)
    rule = compiled.manifest.procedures.get(procedure)
    if rule is None:
        raise NotFound()
    entry = centres.to_act_on(work, compiled, rule, entry_id) if rule.subject == ABOUT_ENTRY else None
    if entry is None:
        refuse_closed(compiled.manifest, local_date(work.now))
    applicant, competent, authority = _parties(work, compiled, rule, entry)
    call = _call(work, compiled, rule, competent)
    unit = applicant or competent
    case = Case(
        programme=programme,
        procedure=procedure,
        title=f"{entry.name}：{rule.name}" if entry else rule.name + (f"（{unit.name}）" if unit else ""),
        state="draft",
        applicant_id=applicant.id if applicant else None,
        competent_id=competent.id if competent else None,
        authority_id=authority.id if authority else None,
        call_id=call.id if call else None,
        register_entry_id=entry.id if entry else None,
        started_by=work.actor.user_id,
        started_at=work.now,
        deployment_id=deployment_id,
    )
    work.session.add(case)
    work.session.flush()
    case.number = _case_number(work, compiled, rule)
    if entry is not None:
        centres.bring_members(work, case, entry)
    if duty is not None:  # before the first step, whose deadlines are counted from it
        duty.case_id = case.id
        work.session.add(CaseEvent(case_id=case.id, name=DUTY_DUE, on_date=duty.due_on, at=work.now))
    instance = Instance(
        case_id=case.id,
        deployment_id=deployment_id,
        state=None,
        revision=0,
        ended=False,
        start_key=begun.key if begun else None,
    )
    work.session.add(instance)
    work.session.flush()
    course = advance(work, case, instance, _command(rule, case, begun, variables or {}))
    details = {"programme": programme, "procedure": procedure, "name": rule.name, **course.trail()}
    note(work, "case-started", "case", case.id, details, case_id=case.id)
    return case.id


def _command(rule: Procedure, case: Case, begun: Begun | None, variables: Mapping[str, Any]) -> Start:
    untaken = sorted(set(variables) - set(rule.takes))
    if untaken:
        zh = f"程序“{rule.key}”启动时不接受这个变量（programme.toml 的 takes 列出可给的变量）"
        en = f"is not taken at the start of “{rule.key}” (see takes in programme.toml)"
        raise InvalidInput(field=f"variables.{untaken[0]}", zh=zh, en=en)
    given = {**variables, "case_id": str(case.id)}
    return Start(rule.key, given) if begun is None else Start(rule.key, given, begun.element, begun.payload)


def withdraw(work: UnitOfWork, case_id: int, reason: str) -> None:
    """Withdraw the applicant's own case; refused once the papers of the meeting that decides it were sent.

    A case that is recognised directly meets no meeting: it is refused once its document has been confirmed.
    Source: domain §13.38.
    """
    if not 1 <= len(reason.strip()) <= 500:
        raise InvalidInput(field="撤回原因", zh="请填写 1 至 500 字", en="please give a reason of 1 to 500 characters")
    # locked, so that a meeting that sends its papers meanwhile is either seen here or sees the withdrawal
    instances.lock_of_case(work.session, case_id)
    case = work.session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise NotFound()
    require(work.actor, "withdraw-case", case_facts(work.session, work.actor, case), work.now)
    manifest = compiled_of(work.session, case.deployment_id).manifest
    rule = manifest.procedures[case.procedure]
    if rule.start and work.actor.is_person and not work.actor.holds(rule.start):
        name = manifest.roles[rule.start].name
        raise NotAllowed(why_zh=f"只有“{name}”可以撤回。", why_en=f"Only “{name}” can withdraw it.")
    if not rule.withdraw:
        raise WrongState(zh="这类案件不能撤回。", en="Cases of this kind cannot be withdrawn.")
    publish(work, case_id, "case-withdrawn", {"withdrawal_reason": reason.strip()}, while_suspended=True)
    note(work, "case-withdrawn", "case", case_id, {"reason": reason.strip()}, case_id=case_id)


def _call(
    work: UnitOfWork, compiled: CompiledProgramme, rule: Procedure, competent: Organisation | None
) -> Call | None:
    """The call a declaration made now belongs to, or a dispatch of declarations; other acts belong to none."""
    on = local_date(work.now)
    manifest = compiled.manifest
    intake = rule.intake or manifest.intake
    if rule.kind == "dispatch":
        call = dispatches.call_to_dispatch(work.session, manifest.key, on, competent.id if competent else 0)
    elif rule.kind == "training":
        call = trainings.call_to_train(work.session, manifest.key, on)
    elif rule.kind != "case" or rule.subject != "application" or intake != manifest.intake == "batch":
        return None  # what a unit may ask for at any time belongs to no batch until its papers are in
    else:
        call = calls.current(work.session, manifest.key, on, competent.id if competent else None)
    if call is None and intake == "batch":
        raise IntakeClosed(name=manifest.name, zh_reason="目前没有开放的申报批次。", en_reason="no call is open today.")
    return call


def _parties(
    work: UnitOfWork, compiled: CompiledProgramme, rule: Procedure, entry: RegisterEntry | None = None
) -> tuple[Organisation | None, Organisation | None, Organisation | None]:
    """Applicant, competent department and deciding authority; refuses an actor without the starting role."""
    authority = work.session.scalar(select(Organisation).where(Organisation.code == compiled.manifest.authority))
    _require_starter(work.actor, compiled.manifest, rule, authority)
    if entry is not None:
        return *centres.units_of(work.session, entry), authority
    mine = work.actor.organisation_id
    own = work.session.get(Organisation, mine) if mine else None
    if _is_the_authoritys_own(rule):
        return None, None, authority
    if own is None:
        raise NotAllowed(why_zh="账号没有所属单位。", why_en="Your account belongs to no unit.")
    if rule.kind == "dispatch":
        return None, own, authority
    if not compiled.manifest.department_roles:
        return own, None, authority  # units declare to the authority itself
    competent = work.session.get(Organisation, own.competent_id) if own.competent_id else None
    if competent is None:
        raise InvalidInput(
            field="归口主管部门",
            zh="单位资料中没有归口主管部门，请先补充",
            en="is missing in your unit's profile; add it first",
        )
    if authority is None or not competent.path.startswith(authority.path):
        raise NotAllowed(
            why_zh=f"本单位的归口主管部门是“{competent.name}”，不属于本专项的主管机关。",
            why_en=f"Your unit's department, “{competent.name}”, does not belong to this programme's authority.",
        )
    return own, competent, authority


def _is_the_authoritys_own(rule: Procedure) -> bool:
    """Whether no unit is a party: a meeting, a notice, a training."""
    return rule.kind in {"meeting", "notice", "training"} or (rule.kind == "case" and rule.subject == "none")


def _require_starter(actor: Actor, manifest: Manifest, rule: Procedure, authority: Organisation | None) -> None:
    if not may_start(actor, manifest, rule, authority.path if authority else ""):
        name = manifest.roles[rule.start].name
        raise NotAllowed(why_zh=f"这项程序由“{name}”发起。", why_en=f"This procedure is started by “{name}”.")


def may_start(actor: Actor, manifest: Manifest, rule: Procedure, authority_path: str) -> bool:
    """Whether the actor holds the starting role; one of an office or department, under the programme's authority."""
    if not rule.start or not actor.is_person:
        return True
    places = [grant.path for grant in actor.roles if grant.role == rule.start]
    if manifest.roles[rule.start].holder not in ("authority", "competent"):
        return bool(places)
    return bool(authority_path) and any(path.startswith(authority_path) for path in places)


def _case_number(work: UnitOfWork, compiled: CompiledProgramme, procedure: Procedure) -> str:
    """By the manifest's series for this procedure, else by the service's own."""
    rule = compiled.manifest.numbers.get(procedure.number, OWN_NUMBERS)
    year = local_date(work.now).year
    serial = counters.take(work.session, rule.series(year))
    return format_number(rule.pattern, year=year, serial=serial, digits=rule.digits)
