"""Fire the timer of a case that is due first, exactly once however many clocks look at it."""

from __future__ import annotations

from service.commands.advance import advance
from service.commands.sealing import finish_before
from service.commands.trail import note
from service.domain.errors import WrongCommand
from service.engine import Fire
from service.store import timers
from service.store.unit_of_work import UnitOfWork


def fire(work: UnitOfWork, instance_id: int) -> bool:
    """Fire the timer of the instance that is due first; whether one fired.

    None does where another clock has fired it, where its date has moved or the case was suspended. A case somebody is
    just working on is left to the next tick (SKIP LOCKED).
    """
    found = timers.lock_first_due(work.session, instance_id, work.now)
    if found is None or found.case.suspended_at is not None:
        return False
    timer, case, instance = found.timer, found.case, found.instance
    details = {"element": timer.element, "process": timer.process, "deadline": timer.deadline}
    if found.sealed and finish_before(work, case, instance, timer.ends):
        return True  # the timer is looked at again, should it still wait
    try:
        course = advance(work, case, instance, Fire(timer.engine_task))
    except WrongCommand:
        work.session.delete(timer)  # the engine no longer waits for it: nothing to enforce
        return False
    note(work, "timer-fired", "timer", timer.engine_task, {**details, **course.trail()}, case_id=case.id)
    return True
