"""What can still be extended, and how far: the periods of one case, the dates of one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select, union_all
from sqlalchemy.orm import Session

from service.domain.deadlines import end_of, is_over, local_date, months_later
from service.programmes.compiled import compiled_of
from service.programmes.manifest import DeadlineRule, Manifest
from service.store import calls
from service.store.calls import Call
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.timers import Timer
from service.store.user_tasks import OPEN, UserTask


@dataclass(frozen=True, slots=True)
class Extendable:
    """A period that runs: its rule, its last day, and the latest day it may be extended to, where there is one.

    `limit` is the date of the call that keeps it from going further; None where the rule's own length does.
    """

    rule: DeadlineRule
    last_on: date
    latest_on: date | None = None
    limit: DeadlineRule | None = None

    @property
    def fixed(self) -> bool:
        """Whether no later day is left."""
        return self.latest_on is not None and self.latest_on <= self.last_on

    def up_to(self, day: date | None, limit: DeadlineRule | None = None) -> Extendable:
        """The same with this bound, where it is the nearer one."""
        if day is None or (self.latest_on is not None and self.latest_on <= day):
            return self
        return replace(self, latest_on=day, limit=limit)


def dates_of(session: Session, call_id: int, manifest: Manifest, now: datetime) -> tuple[Extendable, ...]:
    """The dates of a call that are not over, in the manifest's order; intake does not go beyond the rule's last day."""
    dates, found = calls.dates_for(session.get_one(Call, call_id).dates, None), []
    for name, rule in manifest.deadlines.items():
        last = dates.get(name)
        if last is None or is_over(end_of(last, rule.end), now):
            continue
        one = Extendable(rule, last, _months_after(rule, last))
        for following in manifest.following(name):
            one = one.up_to(dates.get(following), manifest.deadlines[following])
        found.append(one.up_to(manifest.last_day) if name == calls.INTAKE else one)
    return tuple(found)


def periods_of(session: Session, case_id: int, now: datetime) -> tuple[Extendable, ...]:
    """The named periods for which something waits in the case, the next to end first; what is over is not extended."""
    case = session.get_one(Case, case_id)
    manifest = compiled_of(session, case.deployment_id).manifest
    rules, call = manifest.deadlines, session.get(Call, case.call_id) if case.call_id is not None else None
    dates = calls.dates_for(call.dates, case.competent_id) if call is not None else {}
    waits = exists().where(Timer.deadline == Deadline.name, Timer.instance_id == Instance.id, Timer.due_at.is_not(None))
    own = (
        select(Deadline.name, Deadline.due_at, Deadline.reason)
        .join(Instance, Instance.case_id == Deadline.case_id)
        .where(Deadline.case_id == case.id, Deadline.state == "running", Deadline.due_at > now, waits)
    )
    of_tasks = select(UserTask.deadline, UserTask.due_at, UserTask.due_reason).where(
        UserTask.case_id == case.id, UserTask.status == OPEN, UserTask.deadline.is_not(None), UserTask.due_at > now
    )
    found: dict[str, Extendable] = {}
    for name, due_at, reason in sorted(session.execute(union_all(own, of_tasks)), key=lambda row: row[1]):
        if name in rules and name not in found:
            limit = manifest.limit_of(name)
            found[name] = _extendable(rules[name], due_at, reason or {}).up_to(dates.get(limit), rules.get(limit))
    return tuple(found.values())


def _extendable(rule: DeadlineRule, due_at: datetime, reason: Mapping[str, Any]) -> Extendable:
    last = date.fromisoformat(str(reason["last_on"])) if reason.get("last_on") else local_date(due_at)
    before = reason.get("extended") or ()
    first = date.fromisoformat(str(before[0]["from"])) if before else last
    return Extendable(rule, last, _months_after(rule, first))


def _months_after(rule: DeadlineRule, first: date) -> date | None:
    return None if rule.extension_months is None else months_later(first, rule.extension_months)
