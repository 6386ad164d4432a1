"""A signal goes out to every case that waits for it and begins those it starts, each in a transaction of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from service.commands.trail import note
from service.store import outbox, start_events, subscriptions
from service.store.subscriptions import SIGNAL
from service.store.unit_of_work import UnitOfWork


def spread(
    work: UnitOfWork,
    name: str,
    variables: Mapping[str, Any] | None = None,
    *,
    authority_id: int | None,
    besides: int | None = None,
) -> int:
    """Leave an entry for each case and start event that the signal reaches now; how many. It is not kept for later.

    `authority_id` bounds whom it reaches (None: every authority); `besides` is the instance that has thrown it and
    has heard it already.
    """
    waits = subscriptions.waiting(work.session, SIGNAL, name, authority_id=authority_id)
    cases = sorted({one.case_id for one in waits if one.instance_id != besides})
    starts = start_events.named(work.session, SIGNAL, name, authority_id=authority_id)
    once = secrets.token_hex(8)
    for what, ids in (("case_id", cases), ("start_id", starts)):
        for one in ids:
            payload = {what: one, "name": name, "variables": dict(variables or {})}
            outbox.add(work.session, "signal", payload, dedupe_key=f"signal:{once}:{what}:{one}", now=work.now)
    note(work, "signal-sent", "signal", name, {"name": name, "cases": cases, "starts": len(starts)})
    return len(cases) + len(starts)
