"""The few jobs the clock ticks: each reads what is due without a lock, then acts on it row by row under one."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog
from flask import Flask, current_app
from sqlalchemy.orm import Session

from service.commands import (
    alarms,
    call_news,
    case_texts,
    correlation,
    duties,
    housekeeping,
    incidents,
    outbox,
    start_events,
    timers,
)
from service.domain.errors import Refusal
from service.domain.identity import CLOCK
from service.queries import due
from service.store.session import db
from service.store.unit_of_work import transact

log = structlog.get_logger(__name__)

_ENDING = threading.Event()
_FIRING = threading.Event()  # timers are over and being enforced: work that nobody's date hangs on waits
ROUNDS = 500  # of the outbox in one tick: cases that answer each other's messages must not hold it for ever
MISSES = 20
TOGETHER = 8  # timers in one transaction: each commit waits for the disk, and each holds its cases for all of it
HANDS = 2  # more would wait for one interpreter


def end() -> None:
    """Let running jobs stop after the row they are at: what is left stays due for whoever ticks next."""
    _ENDING.set()


def fire_due_timers(now: datetime) -> None:
    """Enforce what is over, in order; a timer that a diagram arms anew within the tick waits for the next one.

    Many are fired by HANDS threads, so that one works while another waits for the database; SQLite has one writer.
    """
    rest = deque(_found(due.timers, now))
    if not rest:
        return
    _FIRING.set()
    try:
        if len(rest) <= MISSES or db.engine.dialect.name == "sqlite":
            _fire(rest, now)
            return
        app = current_app._get_current_object()  # type: ignore[attr-defined] # what a thread is given
        with ThreadPoolExecutor(HANDS) as pool:
            list(pool.map(lambda _: _fire_beside(app, rest, now), range(HANDS)))
    finally:
        _FIRING.clear()


def _fire_beside(app: Flask, rest: deque[int], now: datetime) -> None:
    with app.app_context():
        _fire(rest, now)


def _fire(rest: deque[int], now: datetime) -> None:
    """Where another clock is at the same cases, as MISSES tell, this one goes on elsewhere with what is left."""
    missed = 0
    while rest and not _ENDING.is_set():
        together = _taken(rest)
        missed += len(together) - _fired(together, now)
        if missed >= MISSES:
            left, missed = set(_found(due.timers, now)), 0
            kept = [one for one in tuple(rest) if one in left]
            random.shuffle(kept)  # two clocks should not meet again at once
            rest.clear()
            rest.extend(kept)


def _taken(rest: deque[int]) -> list[int]:
    """The next few, of one case only one; fewer where another hand has taken the last."""
    taken: list[int] = []
    with suppress(IndexError):
        while len(taken) < TOGETHER and rest[0] not in taken:
            taken.append(rest.popleft())
    return taken


def _fired(instance_ids: list[int], now: datetime) -> int:
    """How many fired. What fails among several is undone with them, and each is tried alone: none keeps another."""
    try:
        return transact(timers.fire, instance_ids, actor=CLOCK, now=now)
    except Exception:
        log.warning("clock-one-by-one", kind="timer", ids=instance_ids, exc_info=True)
    return sum(_each("timer", one, partial(transact, timers.fire, [one], actor=CLOCK, now=now)) for one in instance_ids)


def begin_cases(now: datetime) -> None:
    """Begin the cases that a start timer is due to begin."""
    _all("start-event", due.start_events, start_events.fire, now)


def open_duties(now: datetime) -> None:
    """Begin what filed centres owe; the occurrence after it is looked at by the next tick."""
    _all("duty", due.duties, duties.open_due, now)


def deliver_kept_messages(now: datetime) -> None:
    """Give kept messages to those that have begun to wait for them."""
    _all("kept-message", due.kept_messages, correlation.deliver_kept, now)


def tell_of_calls(now: datetime) -> None:
    """Tell that a call is open, or about to close."""
    _all("call", due.call_news, call_news.tell, now)


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


def write_case_texts(now: datetime) -> None:
    """Write the texts by which cases are found, of those in which something was done; what is enforced comes first."""
    _all("case-text", due.case_texts, case_texts.index, now, until=_FIRING)


def keep_house(now: datetime) -> None:
    """Seal the audit chain, note the heartbeat, forget old request keys."""
    transact(housekeeping.keep, actor=CLOCK, now=now)


JOBS: tuple[Callable[[datetime], None], ...] = (
    fire_due_timers,
    begin_cases,
    open_duties,
    tell_of_calls,
    send_alarms,
    retry_incidents,
    drain_outbox,
    deliver_kept_messages,
    keep_house,
    write_case_texts,
)


def _all(
    kind: str,
    find: Callable[[Session, datetime], Sequence[int]],
    act: Callable[..., object],
    now: datetime,
    *,
    until: threading.Event = _ENDING,
) -> None:
    """Act on each row that is due, by its id, in a transaction of its own; from the event on the rest stays due."""
    for row_id in () if until.is_set() else _found(find, now):
        if until.is_set():
            return
        _each(kind, row_id, partial(transact, act, row_id, actor=CLOCK, now=now))


def _found(find: Callable[[Session, datetime], Sequence[int]], now: datetime) -> Sequence[int]:
    found = find(db.session(), now)
    db.session.rollback()
    return found


def _each(kind: str, key: int, act: Callable[[], object]) -> bool:
    """Whether it did something. One row's failure must not keep the others waiting; it stays due for the next tick."""
    if _ENDING.is_set():
        return False
    try:
        return bool(act())
    except Refusal as refusal:
        log.warning("clock-refused", kind=kind, id=key, code=refusal.code, text=refusal.text("zh"))
    except Exception:
        log.exception("clock-failed", kind=kind, id=key)
    return False
