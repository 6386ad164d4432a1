"""Fire one timer that is due, exactly once however many clocks look at it."""

from __future__ import annotations

from service.commands.advance import advance
from service.domain.errors import WrongCommand
from service.engine import Fire
from service.store import audit, instances, timers
from service.store.cases import Case
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork


def fire(work: UnitOfWork, timer_id: int) -> bool:
    """Fire the timer unless another clock has, is about to, or its date has moved; returns whether it fired.

    The instance is locked first with SKIP LOCKED: a case somebody is just working on is left to the next tick.
    """
    timer = work.session.get(Timer, timer_id)
    if timer is None:
        return False
    instance = instances.lock(work.session, timer.instance_id, skip_locked=True)
    if instance is None:
        return False
    work.session.refresh(timer) if timers.still_there(work.session, timer_id) else None
    if not timers.still_due(work.session, timer_id, work.now):
        return False
    case = work.session.get_one(Case, instance.case_id)
    try:
        course = advance(work, case, instance, Fire(timer.engine_task))
    except WrongCommand:
        work.session.delete(timer)  # the engine no longer waits for it
        return False
    details = {"element": timer.element, "process": timer.process, "deadline": timer.deadline, **course.trail()}
    audit.record(work, "timer-fired", "timer", timer.engine_task, details, case_id=case.id)
    return True
