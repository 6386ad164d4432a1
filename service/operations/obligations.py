"""What hangs on a filed centre: its duties and their result, bans, government projects, granted support."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, select

from service.domain.register import last_day_of_ban
from service.domain.written import written
from service.operations.context import OperationContext, OperationRefused
from service.operations.register import entry_of, record
from service.store import outbox
from service.store.cases import DUTY_DUE, CaseEvent
from service.store.register import Ban, Duty, Project, Support

YUAN_IN_WAN = 10_000


def start_duties(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the first occurrence of every duty that what was filed owes by the manifest; each opens by the clock."""
    entry = entry_of(context)
    duties = {key: duty for key, duty in context.programme.manifest.duties.items() if duty.is_owed(entry.state)}
    for key, duty in sorted(duties.items()):
        due_on = duty.first_due(entry.entered_on)
        opens_at = duty.opens_at(due_on)
        context.session.add(Duty(register_entry_id=entry.id, kind=key, due_on=due_on, opens_at=opens_at))
    return {"duties": len(duties)}


def record_duty(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """What came of the duty that opened this case: fulfilled today, or missed; late is what came after its due date.

    What was fulfilled once stays so: a correction that comes in later is no second report.
    """
    duty = context.session.scalar(select(Duty).where(Duty.case_id == context.case.id))
    if duty is None:
        return {"on_time": None}  # a report that the office asked for beside the yearly one
    if duty.state != "fulfilled":
        duty.state = inputs["result"]
        duty.fulfilled_on = context.today if duty.state == "fulfilled" else None
    return {"on_time": duty.fulfilled_on is not None and duty.fulfilled_on <= duty.due_on}


def move_duty(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Give the duty that opened this case, or the running one of a `kind` of the centre, a later due date.

    Its case hears the day as `duty-due`: deadlines that start with it move on. Refused: what does not run or is over,
    a day that is not later, one beyond the manifest's `extension_months`. Source: domain §13.10.
    """
    entry, on, kind = entry_of(context), context.date_of(inputs["on"]), inputs.get("kind")
    duty = _running_duty(context, entry.id, kind)
    rule = context.programme.manifest.duties.get(duty.kind)
    last = rule.last_day(duty.due_on, context.today) if rule else None
    if rule is None or last is None or not max(duty.due_on, context.today) < on <= last:
        until = f"，不晚于 {written(last)}" if last else ""
        late = f", at the latest {written(last, 'en')}" if last else ""
        name, due = rule.name if rule else duty.kind, duty.due_on
        raise OperationRefused(
            zh=f"“{name}”不能改到 {written(on)}：须晚于今天和原来的 {written(due)}{until}",
            en=f"{name} cannot be moved to {written(on, 'en')}: later than today and {written(due, 'en')}{late}",
        )
    record(context, entry, "duty-moved", note=f"{rule.name}：{written(duty.due_on)} 改为 {written(on)}")
    duty.due_on = on
    _tell_day(context, duty, on)
    return {"due_on": on.isoformat()}


def _running_duty(context: OperationContext, entry_id: int, kind: str | None) -> Duty:
    mine = Duty.case_id == context.case.id
    if kind:  # of another case: one that is over is for that case to decide about
        mine = and_(Duty.register_entry_id == entry_id, Duty.kind == kind, Duty.due_on >= context.today)
    found = context.session.scalar(select(Duty).where(mine, Duty.state.in_(("waiting", "open"))).limit(1))
    if found is None:
        raise OperationRefused(zh="没有正在履行的这项义务，或者已经到期", en="no such duty runs, or it is over")
    return found


def _tell_day(context: OperationContext, duty: Duty, on: date) -> None:
    if duty.case_id == context.case.id:
        context.session.add(CaseEvent(case_id=duty.case_id, name=DUTY_DUE, on_date=on, at=context.work.now))
        context.session.flush()
    elif duty.case_id is not None:
        payload = {"case_id": duty.case_id, "name": DUTY_DUE, "on": on.isoformat()}
        dedupe = f"event:{duty.case_id}:{context.case.id}:{context.request.task}"
        outbox.add(context.session, "event", payload, dedupe_key=dedupe, now=context.work.now)


def record_event(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Record the day that deadlines starting with `event:<name>` are counted from, or that is their last one.

    A day set by a decision (an extension, a longer pilot) lies ahead: one that is over already is refused.
    """
    on = context.date_of(inputs["on"])
    if on <= context.today:
        zh, en = f"{written(on)} 不晚于今天，请另定日期", f"{written(on, 'en')} is not later than today"
        raise OperationRefused(zh=zh, en=en)
    context.session.add(CaseEvent(case_id=context.case.id, name=inputs["event"], on_date=on, at=context.work.now))
    context.session.flush()
    return {"on": on.isoformat()}


def record_ban(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Keep the lead unit from forming or joining another one for the manifest's `ban_years`, from today.

    The ban is the unit's, whatever programme asks. A ban that ends later already stays as it is; a programme whose
    manifest has no `ban_years` bans nobody.
    """
    entry = context.of_case("register") or {}
    years, code = context.programme.manifest.settings.get("ban_years"), entry.get("credit_code")
    if not years:
        return {"until": None}
    if not isinstance(years, int) or not code:
        raise OperationRefused(
            zh="专项说明的 ban_years 不是整数，或者名录中没有牵头单位的信用代码",
            en="the manifest's ban_years is no whole number, or the entry has no credit code of the lead unit",
        )
    last = last_day_of_ban(context.today, years)
    known = context.session.scalar(select(func.max(Ban.to_on)).where(Ban.credit_code == code))
    if known is None or known < last:
        reason = str(inputs.get("reason") or f"{entry['name']}（{entry['number']}）被取消称号")
        context.session.add(
            Ban(credit_code=code, from_on=context.today, to_on=last, reason=reason, case_id=context.case.id)
        )
    return {"until": max(last, known or last).isoformat()}


def record_project(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Enter the government project of the form `government-project`; a number is entered once for a centre."""
    entry, form = entry_of(context), context.form("government_project")
    known = select(func.count()).where(Project.register_entry_id == entry.id, Project.number == form["project_number"])
    if context.session.scalar(known):
        raise OperationRefused(
            zh=f"项目编号 {form['project_number']} 已登记在本联合体名下",
            en=f"the project {form['project_number']} is entered already",
        )
    dates = {name: context.date_of(form[name]) for name in ("from_on", "to_on")}
    context.session.add(
        Project(
            register_entry_id=entry.id,
            case_id=context.case.id,
            number=form["project_number"],
            name=form["project_name"],
            level=form["level"],
            **dates,
        )
    )
    return {"project": form["project_number"]}


def close_project(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """The project of this case is closed today; answers how many of the centre still run."""
    project = context.session.scalar(select(Project).where(Project.case_id == context.case.id))
    if project is None:
        raise OperationRefused(zh="本案没有登记过项目", en="this case has entered no project")
    project.closed_on = context.today
    context.session.flush()
    mine = (Project.register_entry_id == project.register_entry_id, Project.closed_on.is_(None))
    return {"running": context.session.scalar(select(func.count()).where(*mine)) or 0}


def record_support(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Enter what the form `support` asked for and was granted; payment is no part of it."""
    entry, form = entry_of(context), context.form("support")
    amount = form.get("amount_wan")
    context.session.add(
        Support(
            register_entry_id=entry.id,
            case_id=context.case.id,
            kind=form["kind"],
            subject=form["subject"],
            amount_yuan=None if amount is None else int(Decimal(str(amount)) * YUAN_IN_WAN),
            granted_on=context.today,
        )
    )
    return {"granted": True}
