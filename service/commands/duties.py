"""Obligations start by themselves: a duty that is due to open becomes a case, and its next occurrence is written."""

from __future__ import annotations

from sqlalchemy import select

from service.commands import cases
from service.commands.trail import note
from service.domain.register import is_struck_off
from service.programmes.compiled import compiled_of
from service.programmes.duty import Duty as Rule
from service.store import deployments
from service.store.register import Duty, RegisterEntry
from service.store.unit_of_work import UnitOfWork


def open_due(work: UnitOfWork, duty_id: int) -> int | None:
    """Open one occurrence, exactly once however many clocks look at it; the id of its case, None where there is none.

    The next occurrence is written in the same commit, so that a service that was down for years makes up for each in
    turn. A duty whose procedure the newest manifest does not name has a date and no case: it is only shown.
    """
    # the entry is locked before its duty, as whoever strikes it off does
    owes = select(Duty.register_entry_id).where(Duty.id == duty_id).scalar_subquery()
    entry = work.session.scalar(select(RegisterEntry).where(RegisterEntry.id == owes).with_for_update())
    duty = work.session.scalar(select(Duty).where(Duty.id == duty_id).with_for_update())
    if entry is None or duty is None or duty.state != "waiting" or duty.opens_at > work.now:
        return None
    deployment_id = deployments.newest(work.session, entry.programme)
    rule = compiled_of(work.session, deployment_id).manifest.duties.get(duty.kind) if deployment_id else None
    if rule is None or is_struck_off(entry.state):
        duty.state = "void"
        return None
    duty.state = "open"
    _write_next(work, duty, rule)
    if not rule.procedure:
        return None
    case_id = cases.start(work, entry.programme, rule.procedure, entry_id=entry.id, duty=duty)
    note(work, "duty-opened", "register-entry", entry.id, {"duty": duty.kind, "name": rule.name}, case_id=case_id)
    return case_id


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
