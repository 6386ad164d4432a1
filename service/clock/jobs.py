"""The few jobs the clock ticks: each reads what is due without a lock, then acts in one transaction for each row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from service.commands import alarms, correlation, housekeeping, incidents, outbox, start_events, timers
from service.domain.errors import Refusal
from service.domain.identity import CLOCK
from service.queries import due
from service.store.session import db
from service.store.unit_of_work import transact

log = structlog.get_logger(__name__)

_ENDING = threading.Event()
ROUNDS = 500  # of the outbox in one tick: cases that answer each other's messages must not hold it for ever


def end() -> None:
    """Let running jobs stop after the row they are at: what is left stays due for whoever ticks next."""
    _ENDING.set()


def fire_due_timers(now: datetime) -> None:
    """Enforce what is over; a timer that a diagram arms anew within the tick waits for the next one."""
    found = due.timers(db.session(), now)
    db.session.rollback()
    for timer in found:
        _each("timer", timer.id, partial(transact, timers.fire, timer, actor=CLOCK, now=now))


def begin_cases(now: datetime) -> None:
    """Begin the cases that a start timer is due to begin."""
    found = due.start_events(db.session(), now)
    db.session.rollback()
    for row_id in found:
        _each("start-event", row_id, partial(transact, start_events.fire, row_id, actor=CLOCK, now=now))


def deliver_kept_messages(now: datetime) -> None:
    """Give kept messages to those that have begun to wait for them."""
    found = due.kept_messages(db.session(), now)
    db.session.rollback()
    for row_id in found:
        _each("kept-message", row_id, partial(transact, correlation.deliver_kept, row_id, actor=CLOCK, now=now))


def send_alarms(now: datetime) -> None:
    """Remind, mark overdue, escalate."""
    found = due.alarms(db.session(), now)
    db.session.rollback()
    for task_id in found:
        _each("alarm", task_id, partial(transact, alarms.send, task_id, actor=CLOCK, now=now))


def retry_incidents(now: datetime) -> None:
    """Try failed automatic steps again, three times in all; then they wait for a person."""
    found = due.incidents(db.session(), now)
    db.session.rollback()
    for incident_id in found:
        _each("incident", incident_id, partial(transact, incidents.retry, incident_id, actor=CLOCK, now=now))


def drain_outbox(now: datetime) -> None:
    """Send mail, set documents, give messages to other cases, until nothing is due or nothing succeeds."""
    for _ in range(ROUNDS):
        if _ENDING.is_set() or not outbox.drain(now):
            break


def keep_house(now: datetime) -> None:
    """Seal the audit chain, note the heartbeat, forget old request keys."""
    transact(housekeeping.keep, actor=CLOCK, now=now)


JOBS: tuple[Callable[[datetime], None], ...] = (
    fire_due_timers,
    begin_cases,
    send_alarms,
    retry_incidents,
    drain_outbox,
    deliver_kept_messages,
    keep_house,
)


def _each(kind: str, key: int, act: Callable[[], object]) -> None:
    """One row's failure must not keep the others waiting; it stays due and is tried at the next tick."""
    if _ENDING.is_set():
        return
    try:
        act()
    except Refusal as refusal:
        log.warning("clock-refused", kind=kind, id=key, code=refusal.code, text=refusal.text("zh"))
    except Exception:
        log.exception("clock-failed", kind=kind, id=key)
