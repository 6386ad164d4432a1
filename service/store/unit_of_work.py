"""One command, one transaction, one commit: the only place that commits."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, TypeVar, cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from service.domain.errors import StaleRevision, Unavailable
from service.domain.identity import Actor
from service.store.session import begin_write, db

T = TypeVar("T")

TRIES = 8
# Serialisation failure, deadlock, lock timeout.
CONTENTION = frozenset({"40001", "40P01", "55P03"})
IN_COMMAND = "in-command"


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """What a command works with: the session of its transaction, who acts, and when (aware UTC)."""

    session: Session
    actor: Actor
    now: datetime


def transact(
    act: Callable[Concatenate[UnitOfWork, ...], T], /, *args: Any, actor: Actor, now: datetime, **kwargs: Any
) -> T:
    """Run a command in one transaction and commit it; whatever it raises rolls everything back.

    Contention (a locked database, a deadlock, StaleRevision) and a connection lost before the commit are tried again
    inside with the same arguments and the same `now`; after eight tries it is Unavailable. A command therefore leaves
    no trace outside its session. Rows a door has read before are detached: pass ids, not rows.
    """
    session = cast(Session, db.session())
    if session.info.get(IN_COMMAND):
        raise RuntimeError("a command was run inside a command; call its function with the work at hand")
    session.info[IN_COMMAND] = True
    try:
        for attempt in range(1, TRIES + 1):
            try:
                return _once(UnitOfWork(session, actor, now), lambda work: act(work, *args, **kwargs))
            except _PassingError as error:
                if attempt == TRIES:
                    raise Unavailable() from error.__cause__
                time.sleep(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 # two losers should not meet again at once
        raise AssertionError("unreachable")
    finally:
        del session.info[IN_COMMAND]


class _PassingError(Exception):
    """The transaction was rolled back for a reason that may have passed."""


def _once(work: UnitOfWork, act: Callable[[UnitOfWork], T]) -> T:
    session = work.session
    session.close()
    before_commit = True
    try:
        begin_write(session)
        result = act(work)
        session.flush()
        before_commit = False
        session.commit()
    except BaseException as error:
        session.rollback()
        if _is_contention(error) or (before_commit and _is_lost_connection(error)):
            raise _PassingError from error
        raise
    return result


def may_pass(error: BaseException) -> bool:
    """Whether the failure lies in the moment, not in the act: contention, or a connection lost before the commit."""
    return _is_contention(error) or _is_lost_connection(error)


def _is_contention(error: BaseException) -> bool:
    if isinstance(error, StaleRevision):
        return True
    if not isinstance(error, DBAPIError):
        return False
    text = str(error.orig)
    locked = "database is locked" in text or "database table is locked" in text
    return locked or getattr(error.orig, "sqlstate", None) in CONTENTION


def _is_lost_connection(error: BaseException) -> bool:
    """After the commit was sent nobody knows whether it was done: then the request's key has to tell."""
    return isinstance(error, DBAPIError) and error.connection_invalidated
