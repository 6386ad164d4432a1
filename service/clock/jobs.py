"""The few jobs the clock ticks: each reads what is due without a lock, then acts in one transaction for each row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.orm import Session

from service.commands import alarms, correlation, duties, housekeeping, incidents, outbox, start_events, timers
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
    _all("start-event", due.start_events, start_events.fire, now)


def open_duties(now: datetime) -> None:
    """Begin what filed centres owe; the occurrence after it is looked at by the next tick."""
    _all("duty", due.duties, duties.open_due, now)


def deliver_kept_messages(now: datetime) -> None:
    """Give kept messages to those that have begun to wait for them."""
    _all("kept-message", due.kept_messages, correlation.deliver_kept, now)


def send_alarms(now: datetime) -> None:
    """Remind, mark overdue, escalate."""
    _all("alarm", due.alarms, alarms.send, now)


def retry_incidents(now: datetime) -> None:
    """Try failed automatic steps again, three times in all; then they wait for a person."""
    _all("incident", due.incidents, incidents.retry, now)


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
    open_duties,
    send_alarms,
    retry_incidents,
    drain_outbox,
    deliver_kept_messages,
    keep_house,
)


def _all(
    kind: str, find: Callable[[Session, datetime], Sequence[int]], act: Callable[..., object], now: datetime
) -> None:
    """Act on each row that is due, by its id, in a transaction of its own."""
    found = find(db.session(), now)
    db.session.rollback()
    for row_id in found:
        _each(kind, row_id, partial(transact, act, row_id, actor=CLOCK, now=now))


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
