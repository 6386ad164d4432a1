"""What the clock does for the service itself: seal the audit chain, its heartbeat, forget what has expired, warn."""

from __future__ import annotations

from datetime import timedelta

from service.commands import calendar_alarm, sunset_alarm
from service.commands.throttling import LONGEST
from service.store import audit_chain, counters, kept_messages, request_keys, throttles
from service.store.unit_of_work import UnitOfWork

KEYS_KEPT = timedelta(days=7)


def keep(work: UnitOfWork) -> int:
    """Returns how many audit entries were sealed. The heartbeat is in seconds since 1970."""
    sealed = audit_chain.seal(work.session)
    counters.put(work.session, counters.HEARTBEAT, int(work.now.timestamp()))
    kept_messages.forget(work.session, work.now)
    if work.now.minute == 0:
        request_keys.forget(work.session, work.now - KEYS_KEPT)
        throttles.forget(work.session, work.now - LONGEST)
        calendar_alarm.tell(work)
        sunset_alarm.tell(work)
    return sealed
