"""Fire the timers of cases that are due first, each exactly once however many clocks look at them."""

from __future__ import annotations

from collections.abc import Collection

from service.commands.advance import advance
from service.commands.sealing import finish_before
from service.commands.trail import note
from service.domain.errors import WrongCommand
from service.engine import Fire
from service.store import timers
from service.store.timers import TimerGround
from service.store.unit_of_work import UnitOfWork


def fire(work: UnitOfWork, instance_ids: Collection[int]) -> int:
    """Fire, for each of the instances, the timer that is due first, all in one transaction; how many fired.

    None does where another clock has fired it, where its date has moved or the case was suspended. A case somebody is
    just working on is left to the next tick (SKIP LOCKED).
    """
    return sum(_fire(work, found) for found in timers.lock_first_due(work.session, instance_ids, work.now))


def _fire(work: UnitOfWork, found: TimerGround) -> bool:
    timer, case, instance = found.timer, found.case, found.instance
    if case.suspended_at is not None:
        return False
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
