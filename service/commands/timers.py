"""Fire one timer that is due, exactly once however many clocks look at it."""

from __future__ import annotations

from service.commands.advance import advance
from service.commands.sealing import finish_before
from service.commands.trail import note
from service.domain.errors import WrongCommand
from service.engine import Fire
from service.store import instances, timers
from service.store.cases import Case
from service.store.timers import DueTimer
from service.store.unit_of_work import UnitOfWork


def fire(work: UnitOfWork, due: DueTimer) -> bool:
    """Fire the timer unless another clock has, or its date has moved; returns whether it fired.

    A case somebody is just working on is left to the next tick (SKIP LOCKED).
    """
    instance = instances.try_lock(work.session, due.instance_id)
    if instance is None:
        return False
    timer = timers.still_due(work.session, due.id, work.now)
    if timer is None:
        return False
    details = {"element": timer.element, "process": timer.process, "deadline": timer.deadline}
    case = work.session.get_one(Case, instance.case_id)
    if case.suspended_at is not None:
        return False  # it fires when the case goes on
    if finish_before(work, case, instance, timer.ends):
        return True  # the timer is looked at again, should it still wait
    try:
        course = advance(work, case, instance, Fire(timer.engine_task))
    except WrongCommand:
        work.session.delete(timer)  # the engine no longer waits for it: nothing to enforce
        return False
    note(work, "timer-fired", "timer", due.engine_task, {**details, **course.trail()}, case_id=case.id)
    return True
