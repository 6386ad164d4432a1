"""Open a call (申报批次) with its dates, and let a department set its own cut-off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from service.commands import call_news
from service.commands.intake import refuse_after_sunset, refuse_closed
from service.commands.remits import require_remit
from service.commands.trail import note
from service.domain.calendar import Calendar
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed, NotFound, WrongState
from service.domain.written import written
from service.programmes.compiled import compiled_of
from service.programmes.manifest import DeadlineRule
from service.store import calendars, calls, deployments
from service.store.calls import INTAKE, Call
from service.store.cases import Case
from service.store.organisations import authority_path
from service.store.unit_of_work import UnitOfWork


def open_call(
    work: UnitOfWork, programme: str, *, key: str, year: int, title: str, opens_on: date, dates: Mapping[str, date]
) -> int:
    """Open a call; `dates` gives deadlines of the manifest whose rule is the call's their last day. Returns its id.

    A rule that leans on another (`before`, `after`) needs no date: it is counted in working days and written down here,
    so that everybody reads a date. Dates that contradict each other are refused; so is a call under a rule that is over
    by then (IntakeClosed), or that would take declarations after the rule's last day.
    """
    deployment_id = deployments.newest(work.session, programme)
    if deployment_id is None:
        raise NotFound()
    manifest = compiled_of(work.session, deployment_id).manifest
    require_remit(work, "administer", code=manifest.authority)
    refuse_closed(manifest, opens_on)
    rules = manifest.deadlines
    strangers = sorted(set(dates) - {name for name, rule in rules.items() if rule.starts == "call"})
    if strangers:
        named = "、".join(strangers)
        raise InvalidInput(field="dates", zh=f"批次不设这些期限：{named}", en=f"the call has no dates for {strangers}")
    if work.session.scalar(select(Call.id).where(Call.programme == programme, Call.key == key)) is not None:
        raise InvalidInput(field="编号", zh=f"批次 {key} 已经开放过", en=f"the call {key} exists already")
    whole = _counted(rules, dates, calendars.load(work.session))
    _refuse_contradictions(rules, whole, opens_on)
    refuse_after_sunset(manifest, whole)
    call = Call(
        programme=programme,
        key=key,
        year=year,
        title=title,
        opens_on=opens_on,
        closes_on=whole.get(INTAKE) or max(whole.values(), default=None),
        dates={name: day.isoformat() for name, day in whole.items()},
        status="open",
    )
    work.session.add(call)
    work.session.flush()
    calls.adopt(work.session, call)
    call_news.schedule(work, call)
    note(work, "call-opened", "call", call.id, {"title": title, "dates": call.dates})
    return call.id


def set_local_date(work: UnitOfWork, call_id: int, name: str, on: date) -> None:
    """Give the own department's units a date of their own for a deadline of an open call, such as its cut-off.

    Only a date that the manifest calls `local` is the department's to set, from today on and within those it leans on;
    once one of its units has started a declaration the date stands. Raises NotAllowed for who acts for no department
    under the programme's authority, InvalidInput for a day that does not fit.
    """
    # locked: the dates are written back as a whole, beside those of whoever extends the call meanwhile
    call, competent = work.session.get(Call, call_id, with_for_update=True), work.actor.organisation_id
    deployment_id = deployments.newest(work.session, call.programme) if call is not None else None
    if call is None or deployment_id is None:
        raise NotFound()
    manifest = compiled_of(work.session, deployment_id).manifest
    rule = manifest.deadlines.get(name)
    if rule is None or not rule.local:
        raise NotAllowed(why_zh="这个日期由主管机关规定。", why_en="This date is the authority's.")
    above = authority_path(work.session, manifest.authority)
    if not work.actor.speaks_at_home(manifest.department_roles, above):
        raise NotAllowed(
            why_zh="这个日期由归口管理部门为自己归口的单位定。", why_en="Each department sets it for its own units."
        )
    _refuse_past(rule, on, local_date(work.now))
    started = select(Case.id).where(
        Case.call_id == call_id, Case.competent_id == competent, Case.applicant_id.is_not(None)
    )
    if work.session.scalar(started.limit(1)) is not None:
        raise WrongState(
            zh="已有单位按原日期开始申报，不能再改。", en="A unit has begun to declare by the date as it stands."
        )
    dates = {**calls.dates_for(call.dates, competent), name: on}
    _refuse_contradictions(manifest.deadlines, dates, call.opens_on or on)
    call.dates = {**call.dates, calls.local_name(name, competent): on.isoformat()}
    call_news.reschedule(work, call)
    note(work, "call-date-set", "call", call_id, {"deadline": name, "on": on.isoformat(), "organisation": competent})


def _counted(rules: Mapping[str, DeadlineRule], dates: Mapping[str, date], calendar: Calendar) -> dict[str, date]:
    """The dates, and one for each rule that leans on another deadline of the call and was given none."""
    whole = dict(dates)
    for _ in rules:  # a date may lean on one that leans itself; the manifest knows no circles
        counted = {
            name: calendar.add(whole[rule.leans_on], -rule.working_days if rule.before else rule.working_days)
            for name, rule in rules.items()
            if name not in whole and rule.leans_on in whole and rule.working_days is not None
        }
        whole |= counted
    return whole


def _refuse_past(rule: DeadlineRule, day: date, today: date) -> None:
    if day < today:
        zh = f"{written(day)} 已经过去；请选今天或以后的日期"
        raise InvalidInput(field=rule.name, zh=zh, en=f"{written(day, 'en')} is over; choose today or a later day")


def _refuse_contradictions(rules: Mapping[str, DeadlineRule], dates: Mapping[str, date], opens_on: date) -> None:
    """Refuse a date before the call opens, or on the wrong side of the date it leans on."""
    for name, day in dates.items():
        rule = rules[name]
        if day < opens_on:
            zh = f"{written(day)} 早于开始受理的 {written(opens_on)}；请改日期，或者提前开始受理"
            en = f"{written(day, 'en')} is before the call opens on {written(opens_on, 'en')}"
            raise InvalidInput(field=rule.name, zh=zh, en=en)
        other = dates.get(rule.leans_on)
        if other is not None and (day > other if rule.before else day < other):
            side, way = ("不能晚于", "after") if rule.before else ("不能早于", "before")
            zh = f"{written(day)} {side}“{rules[rule.leans_on].name}”的 {written(other)}"
            en = f"{written(day, 'en')} must not be {way} “{rules[rule.leans_on].name}” on {written(other, 'en')}"
            raise InvalidInput(field=rule.name, zh=zh, en=en)
