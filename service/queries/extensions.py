"""The periods of one case that can still be extended, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select, union_all
from sqlalchemy.orm import Session

from service.domain.deadlines import local_date, months_later
from service.programmes.manifest import DeadlineRule
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.timers import Timer
from service.store.user_tasks import OPEN, UserTask


@dataclass(frozen=True, slots=True)
class Extendable:
    """A period that runs: its rule, its last day, and the latest day it may be extended to, where there is one."""

    rule: DeadlineRule
    last_on: date
    latest_on: date | None


def extendable(
    session: Session, case_id: int, rules: Mapping[str, DeadlineRule], now: datetime
) -> tuple[Extendable, ...]:
    """The named periods for which something waits in the case, the next to end first; what is over is not extended."""
    waits = exists().where(Timer.deadline == Deadline.name, Timer.instance_id == Instance.id, Timer.due_at.is_not(None))
    own = (
        select(Deadline.name, Deadline.due_at, Deadline.reason)
        .join(Instance, Instance.case_id == Deadline.case_id)
        .where(Deadline.case_id == case_id, Deadline.state == "running", Deadline.due_at > now, waits)
    )
    of_tasks = select(UserTask.deadline, UserTask.due_at, UserTask.due_reason).where(
        UserTask.case_id == case_id, UserTask.status == OPEN, UserTask.deadline.is_not(None), UserTask.due_at > now
    )
    found: dict[str, Extendable] = {}
    for name, due_at, reason in sorted(session.execute(union_all(own, of_tasks)), key=lambda row: row[1]):
        if name in rules and name not in found:
            found[name] = _extendable(rules[name], due_at, reason or {})
    return tuple(found.values())


def _extendable(rule: DeadlineRule, due_at: datetime, reason: Mapping[str, Any]) -> Extendable:
    last = date.fromisoformat(str(reason["last_on"])) if reason.get("last_on") else local_date(due_at)
    before = reason.get("extended") or ()
    first = date.fromisoformat(str(before[0]["from"])) if before else last
    months = rule.extension_months
    return Extendable(rule, last, None if months is None else months_later(first, months))
