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
# Serialisation failure, deadlock, lock timeout, and a server that is stopping or starting.
CONTENTION = frozenset({"40001", "40P01", "55P03", "57P01", "57P03"})


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

    Contention (a locked database, a deadlock, StaleRevision) is tried again inside with the same arguments and
    the same `now`; after eight tries it is Unavailable. A command therefore leaves no trace outside its session.
    Rows a door has read before are detached: pass ids, not rows.
    """
    session = cast(Session, db.session())
    for attempt in range(1, TRIES + 1):
        session.close()
        try:
            begin_write(session)
            result = act(UnitOfWork(session, actor, now), *args, **kwargs)
            session.commit()
        except BaseException as error:
            session.rollback()
            if not _is_contention(error):
                raise
            if attempt == TRIES:
                raise Unavailable() from error
            time.sleep(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 # two losers should not meet again at once
        else:
            return result
    raise AssertionError("unreachable")


def _is_contention(error: BaseException) -> bool:
    if isinstance(error, StaleRevision):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    return state in CONTENTION or "database is locked" in text or "database table is locked" in text
