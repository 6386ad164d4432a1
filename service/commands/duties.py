"""Obligations start by themselves: a duty that is due to open becomes a case, and its next occurrence is written."""

from __future__ import annotations

from sqlalchemy import select

from service.commands import cases
from service.commands.remits import require_remit
from service.commands.telling import tell_administrators
from service.commands.trail import note
from service.domain.errors import NotFound, Refusal, WrongState
from service.domain.identity import SYSTEM
from service.domain.register import is_struck_off
from service.programmes.compiled import compiled_of
from service.programmes.duty import Duty as Rule
from service.programmes.manifest import Manifest
from service.store import deployments
from service.store.organisations import Organisation
from service.store.register import REFUSED, Duty, RegisterEntry
from service.store.unit_of_work import UnitOfWork, may_pass


def open_due(work: UnitOfWork, duty_id: int) -> int | None:
    """Open one occurrence, exactly once however many clocks look at it; the id of its case, None where there is none.

    The next occurrence is written in the same commit, so that a service that was down for years makes up for each in
    turn. A duty whose procedure the newest manifest does not name has a date and no case: it is only shown. One whose
    case is refused is set aside with the reason, told to the administrators, and not tried again by the clock.
    """
    duty, entry = _locked(work, duty_id)
    if entry is None or duty is None or duty.state != "waiting" or duty.opens_at > work.now:
        return None
    deployment_id = deployments.newest(work.session, entry.programme)
    manifest = compiled_of(work.session, deployment_id).manifest if deployment_id else None
    rule = manifest.duties.get(duty.kind) if manifest is not None else None
    if manifest is None or rule is None or is_struck_off(entry.state):
        duty.state = "void"
        return None
    if not rule.is_owed(entry.state):  # now; it may be owed again by the next time
        duty.state = "void"
        _write_next(work, duty, rule)
        return None
    duty.state = "open"
    _write_next(work, duty, rule)
    if not rule.procedure:
        return None
    try:
        with work.session.begin_nested():
            case_id = cases.start(work, entry.programme, rule.procedure, entry_id=entry.id, duty=duty)
    except Refusal as refusal:
        if may_pass(refusal):
            raise
        _set_aside(work, entry, duty, manifest, refusal)
        return None
    note(work, "duty-opened", "register-entry", entry.id, {"duty": duty.kind, "name": rule.name}, case_id=case_id)
    return case_id


def try_again(work: UnitOfWork, duty_id: int) -> bool:
    """Open a duty that was set aside, once its cause is mended; False where it is refused again.

    For the authority's administrator. Raises NotFound, and WrongState for one that is not set aside.
    """
    duty, entry = _locked(work, duty_id)
    if duty is None or entry is None:
        raise NotFound()
    deployment_id = deployments.newest(work.session, entry.programme)
    if deployment_id is None:
        raise NotFound()
    require_remit(work, "administer", code=compiled_of(work.session, deployment_id).manifest.authority)
    if duty.state != REFUSED:
        raise WrongState(zh="这项义务没有停住，不用重试。", en="This duty is not set aside.")
    duty.state, duty.refusal = "waiting", None
    note(work, "duty-retried", "register-entry", entry.id, {"duty": duty.kind, "due_on": duty.due_on.isoformat()})
    work.session.flush()
    open_due(UnitOfWork(work.session, SYSTEM, work.now), duty_id)
    return duty.state != REFUSED


def _locked(work: UnitOfWork, duty_id: int) -> tuple[Duty | None, RegisterEntry | None]:
    """The entry is locked before its duty, as whoever strikes it off does."""
    owes = select(Duty.register_entry_id).where(Duty.id == duty_id).scalar_subquery()
    entry = work.session.scalar(select(RegisterEntry).where(RegisterEntry.id == owes).with_for_update())
    return work.session.scalar(select(Duty).where(Duty.id == duty_id).with_for_update()), entry


def _set_aside(work: UnitOfWork, entry: RegisterEntry, duty: Duty, manifest: Manifest, refusal: Refusal) -> None:
    rule = manifest.duties[duty.kind]
    zh, en = refusal.text("zh"), refusal.text("en")
    duty.state, duty.case_id = REFUSED, None
    duty.refusal = {"code": refusal.code, "zh": zh, "en": en, "at": work.now.isoformat()}
    details = {"duty": duty.kind, "name": rule.name, "due_on": duty.due_on.isoformat(), "code": refusal.code}
    note(work, "duty-refused", "register-entry", entry.id, details)
    name = rule.name_en or rule.name
    words = {
        "zh": (
            f"义务没有自动发起：{entry.name}的“{rule.name}”",
            f"到期日 {duty.due_on}。{zh}\n\n排除原因以后，请在“运行状况”重试；系统不会自行再试。",
        ),
        "en": (
            f"A duty did not begin: “{name}” of {entry.name}",
            f"Due on {duty.due_on}. {en}\n\nMend the cause, then try again under “Operations”; the service does not.",
        ),
    }
    place = work.session.scalar(select(Organisation.id).where(Organisation.code == manifest.authority))
    once = f"duty-refused-{duty.id}-{work.now.isoformat()}"
    tell_administrators(work, words, once=once, authority_id=place)


def _write_next(work: UnitOfWork, duty: Duty, rule: Rule) -> None:
    due_on = rule.next_due(duty.due_on)
    if due_on is None:
        return
    known = (Duty.register_entry_id == duty.register_entry_id, Duty.kind == duty.kind, Duty.due_on == due_on)
    if work.session.scalar(select(Duty.id).where(*known)) is None:
        work.session.add(
            Duty(
                register_entry_id=duty.register_entry_id,
                kind=duty.kind,
                due_on=due_on,
                opens_at=rule.opens_at(due_on),
            )
        )
