"""Record the day of what starts a case's periods (a training held); a later day moves them on, none shortens them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from service.commands.extensions import Extension, extend_running
from service.commands.process_messages import publish
from service.commands.trail import note
from service.domain import deadlines
from service.domain.access import require
from service.domain.errors import InvalidInput, NotFound, WrongState
from service.domain.written import written
from service.programmes.compiled import compiled_of
from service.store import calendars, instances
from service.store.access import case_facts
from service.store.cases import Case, CaseEvent
from service.store.unit_of_work import UnitOfWork


def record_event(work: UnitOfWork, case_id: int, name: str, on: date) -> None:
    """Record by hand what starts a period, and tell the case by the message of that name.

    The authority's own staff do. Raises NotFound, NotAllowed, WrongState, and InvalidInput for a day that is not later
    than the one recorded already.
    """
    case = work.session.get(Case, case_id)
    if case is None:
        raise NotFound()
    require(work.actor, "keep-dates", case_facts(work.session, work.actor, case), work.now)
    if case.ended_at is not None:
        raise WrongState(zh="案件已经办结，不再记录日期。", en="The case has ended; no date is recorded any more.")
    before = _recorded(work, case_id, name)
    if not record(work, case_id, name, on) and before is not None:
        zh = f"{written(on)} 不晚于已经登记的 {written(before)}；有关期限只能推后，不能缩短"
        en = f"{written(on, 'en')} is not later than {written(before, 'en')} as recorded; periods never become shorter"
        raise InvalidInput(field="日期", zh=zh, en=en, name="on")


def record(work: UnitOfWork, case_id: int, name: str, on: date) -> bool:
    """Record it unless that day or a later one stands; whether it was.

    The first time the case hears the message; a later day moves the running periods that the event has started, and
    who waits for them is told. Raises CaseSuspended while the case stands still.
    """
    instance = instances.lock_of_case(work.session, case_id)
    before = _recorded(work, case_id, name)
    if instance.ended or (before is not None and on <= before):
        return False
    work.session.add(CaseEvent(case_id=case_id, name=name, on_date=on, at=work.now))
    work.session.flush()
    note(work, "event-recorded", "case", case_id, {"event": name, "on": on.isoformat()}, case_id=case_id)
    if before is None:
        publish(work, case_id, name, {"event_on": on.isoformat()})
    else:
        _move_on(work, case_id, instance.id, name, on)
    return True


def _move_on(work: UnitOfWork, case_id: int, instance_id: int, name: str, on: date) -> None:
    """Give each running period of the event the end that the later day brings it."""
    case = work.session.get_one(Case, case_id)
    calendar = calendars.load(work.session)
    for rule in compiled_of(work.session, case.deployment_id).manifest.deadlines.values():
        if rule.event == name:
            until = deadlines.due(rule, on, calendar).on
            extend_running(work, instance_id, Extension(rule.key, until, f"起算日改为 {written(on)}"))


def _recorded(work: UnitOfWork, case_id: int, name: str) -> date | None:
    mine = select(func.max(CaseEvent.on_date)).where(CaseEvent.case_id == case_id, CaseEvent.name == name)
    return work.session.scalar(mine)
