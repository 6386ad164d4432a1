"""Extend a named deadline, for one case or for a whole call: with a reason, and with every running timer following.

A deadline that is over is not revived: only an extension given before its end helps. Source: domain §13.41.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.commands import call_news
from service.commands.intake import refuse_after_sunset
from service.commands.remits import require_remit
from service.commands.task_alarms import set_alarms
from service.commands.trail import note
from service.domain import access, deadlines
from service.domain.deadlines import Due
from service.domain.errors import DeadlinePassed, InvalidInput, NotFound, WrongState
from service.domain.identity import group_at
from service.domain.written import written
from service.operations.recipients import tell_groups
from service.programmes.compiled import compiled_of
from service.programmes.manifest import DeadlineRule, Manifest
from service.store import calendars, calls, deployments, instances, user_tasks
from service.store.access import case_facts
from service.store.calls import Call
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask

SHORTEST_REASON, LONGEST_REASON = 4, 500


@dataclass(frozen=True, slots=True)
class Extension:
    """What is asked for: the deadline, its new last day and why; `alone`: of one case, where it is refused aloud."""

    name: str
    until: date
    why: str
    alone: bool = False


def extend_call(work: UnitOfWork, call_id: int, name: str, until: date, why: str) -> int:
    """Give a deadline of the call a later last day; how many cases moved. For the authority's administrator.

    Units are told. Raises NotFound, DeadlinePassed when the old day is over, InvalidInput for a day that is not later,
    ExtensionTooLong for one beyond what the rule allows.
    """
    call = work.session.scalar(select(Call).where(Call.id == call_id).with_for_update())
    deployment = deployments.newest(work.session, call.programme) if call is not None else None
    if call is None or deployment is None:
        raise NotFound()
    manifest = compiled_of(work.session, deployment).manifest
    require_remit(work, "administer", code=manifest.authority)
    rule = manifest.deadlines.get(name)
    if rule is None or name not in call.dates:
        raise NotFound()
    before, why = date.fromisoformat(call.dates[name]), _reason(why)
    over_at = deadlines.end_of(before, rule.end)
    if deadlines.is_over(over_at, work.now):
        raise DeadlinePassed(due=over_at)
    if until <= before:
        zh, en = f"须晚于原来的 {written(before)}", f"must be later than {written(before, 'en')}"
        raise InvalidInput(field=rule.name, zh=zh, en=en, name="until")
    deadlines.refuse_beyond(before, until, rule.extension_months)
    for following in manifest.following(name):
        _refuse_beyond_date(manifest, name, following, until, calls.dates_for(call.dates, None))
    refuse_after_sunset(manifest, {name: until})
    call.dates = {**call.dates, name: until.isoformat()}
    if call.closes_on == before:
        call.closes_on = until
    call_news.tell_extended(work, call, name, until, why)
    asked = Extension(name, until, why)
    moved = sum(bool(extend_running(work, one, asked)) for one in _instances_of(work.session, call.id))
    details = {"deadline": name, "from": before.isoformat(), "until": until.isoformat(), "why": why, "cases": moved}
    note(work, "call-extended", "call", call.id, details)
    return moved


def extend_case(work: UnitOfWork, case_id: int, name: str, until: date, why: str) -> None:
    """Give a running deadline of one case a later last day; for the staff of its authority.

    A case that its department dispatches must be ready by the call's date for that, whatever the case itself is given.
    Raises NotFound, NotAllowed, WrongState when no such deadline runs, DeadlinePassed, InvalidInput, ExtensionTooLong.
    """
    case = work.session.get(Case, case_id)
    if case is None:
        raise NotFound()
    access.require(work.actor, "keep-dates", case_facts(work.session, work.actor, case), work.now)
    found = work.session.scalar(select(Instance.id).where(Instance.case_id == case_id, ~Instance.ended))
    asked = Extension(name, until, _reason(why), alone=True)
    if (call := work.session.get(Call, case.call_id)) is not None:
        manifest = compiled_of(work.session, case.deployment_id).manifest
        dates = calls.dates_for(call.dates, case.competent_id)
        _refuse_beyond_date(manifest, name, manifest.limit_of(name), until, dates)
    if found is None or not extend_running(work, found, asked):
        raise WrongState(zh="这项期限现在没有在计算，不能延期。", en="This period does not run now.")


def _refuse_beyond_date(manifest: Manifest, name: str, limit: str, until: date, dates: Mapping[str, date]) -> None:
    """Refuse a day after the date of the call that follows: what comes of the case could not be sent on in time."""
    last = dates.get(limit)
    if last is not None and until > last:
        following, rule = manifest.deadlines[limit], manifest.deadlines[name]
        zh = f"不能晚于“{following.name}”的 {written(last)}；确需更晚的，先给批次延“{following.name}”"
        other = following.name_en or following.name
        en = f"must not be after “{other}” on {written(last, 'en')}; extend “{other}” of the call first"
        raise InvalidInput(field=rule.name, zh=zh, en=en, name="until")


def extend_running(work: UnitOfWork, instance_id: int, asked: Extension) -> list[str]:
    """Move what waits for the deadline in one case; the dates that moved, told to who waits.

    What would end earlier, or is over, stays as it is, unless the case `alone` was asked about: then DeadlinePassed.
    """
    name = asked.name
    instance = instances.lock(work.session, instance_id)
    case = work.session.get_one(Case, instance.case_id)
    manifest = compiled_of(work.session, case.deployment_id).manifest
    rule = manifest.deadlines.get(name)
    if rule is None:
        return []
    timers = work.session.scalars(
        select(Timer).where(Timer.instance_id == instance_id, Timer.deadline == name, Timer.due_at.is_not(None))
    ).all()
    moved = [_row(work, row, timers, rule, asked) for row in _running(work.session, case.id, name)]
    calendar = calendars.load(work.session)
    for task in _tasks(work.session, instance_id, name):
        anew = _later(work, task.due_at, task.due_reason or {}, rule, asked)
        if anew is None:
            continue
        _follow(timers, task.due_at, anew)
        user_tasks.set_due(work.session, task.id, anew.at, anew.reason)
        work.session.refresh(task)
        set_alarms(manifest, calendar, task, work.now)
        moved.append(anew.on.isoformat())
    dates = sorted({day for day in moved if day})
    if dates:
        _tell(work, case, rule, asked)
        note(
            work, "deadline-extended", "case", case.id,
            {"deadline": name, "name": rule.name, "until": asked.until.isoformat(), "why": asked.why}, case_id=case.id,
        )  # fmt: skip
    return dates


def _row(work: UnitOfWork, row: Deadline, timers: Sequence[Timer], rule: DeadlineRule, asked: Extension) -> str:
    anew = _later(work, row.due_at, row.reason, rule, asked)
    if anew is None:
        return ""
    _follow(timers, row.due_at, anew)
    row.due_at, row.reason, row.extended = anew.at, anew.reason, anew.reason["extended"]
    return anew.on.isoformat()


def _later(
    work: UnitOfWork, at: datetime | None, reason: dict[str, Any], rule: DeadlineRule, asked: Extension
) -> Due | None:
    """The period with its later end; None where a whole call moves and this one is over, or later already."""
    if at is None:
        return None
    if deadlines.is_over(at, work.now):
        if asked.alone:
            raise DeadlinePassed(due=at)
        return None
    if not asked.alone and deadlines.end_of(asked.until, rule.end) <= at:
        return None
    last = date.fromisoformat(str(reason["last_on"])) if reason.get("last_on") else deadlines.local_date(at)
    period = Due(at, last, reason)
    given = {"why": asked.why, "by": work.actor.name, "end": rule.end}
    return deadlines.extended(period, asked.until, **given, most_months=rule.extension_months)


def _follow(timers: Sequence[Timer], before: datetime | None, anew: Due) -> None:
    """Timers that wait for the old end take the new one; one that reminds of it keeps its own instant."""
    for timer in timers:
        if timer.due_at == before:
            timer.due_at = anew.at


def _running(session: Session, case_id: int, name: str) -> Sequence[Deadline]:
    mine = select(Deadline).where(Deadline.case_id == case_id, Deadline.name == name, Deadline.state == "running")
    return session.scalars(mine.order_by(Deadline.id)).all()


def _tasks(session: Session, instance_id: int, name: str) -> Sequence[UserTask]:
    mine = select(UserTask).where(
        UserTask.instance_id == instance_id, UserTask.status == OPEN, UserTask.deadline == name
    )
    return session.scalars(mine.order_by(UserTask.id)).all()


def _instances_of(session: Session, call_id: int) -> Sequence[int]:
    """In the order in which everybody locks several."""
    running = select(Instance.id).join(Case, Case.id == Instance.case_id)
    return session.scalars(running.where(Case.call_id == call_id, ~Instance.ended).order_by(Instance.id)).all()


def _tell(work: UnitOfWork, case: Case, rule: DeadlineRule, asked: Extension) -> None:
    if case.applicant_id is None:
        return
    keys = [group_at("lead", case.applicant_id)]
    due = deadlines.end_of(asked.until, rule.end)
    title = f"“{rule.name}”延期至 {written(asked.until)}"
    body = f"{case.number or ''} {case.title}\n\n新的截止日期：{written(due)}。\n\n原因：{asked.why}"
    english = (
        f"“{rule.name_en or rule.name}” extended to {written(asked.until, 'en')}",
        f"{case.number or ''} {case.title}\n\nNow due: {written(due, 'en')}.\n\nReason: {asked.why}",
    )
    tell_groups(work, keys, title, body, case_id=case.id, once=f"extended:{rule.key}:{asked.until}", english=english)


def _reason(text: str) -> str:
    text = text.strip()
    if not SHORTEST_REASON <= len(text) <= LONGEST_REASON:
        zh = f"请写明原因，{SHORTEST_REASON} 到 {LONGEST_REASON} 字"
        en = f"give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters"
        raise InvalidInput(field="延期原因", zh=zh, en=en, name="why")
    return text
