"""Training on a declaration: tell the units of a call its sessions and, once held, the day that starts their period."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from service.domain import deadlines
from service.domain.deadlines import Due
from service.domain.identity import group_at
from service.operations.context import OperationContext, OperationRefused
from service.operations.letters import rendered
from service.operations.recipients import tell_groups
from service.store import outbox
from service.store.submissions import Submission
from service.store.trainings import HELD, submitted_in

BASES = ("last", "attended")
NOTICE = "training-notice"
PERIOD = "paper-delivery"


def record_sessions(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Number the planned sessions, and tell every unit that has declared in the call their days and the day foreseen.

    Reads the form `training-plan`: sessions with held_on, from_time, place. A session lies after the last day of the
    online declaration. Answers the sessions, for the loop that holds them.
    """
    planned = sorted(context.form("training_plan").get("sessions") or [], key=lambda row: str(row.get("held_on")))
    days = [date.fromisoformat(str(row["held_on"])) for row in planned]
    if not days:
        raise OperationRefused(zh="没有安排培训场次", en="no session was planned")
    _refuse_before_close(context, days)
    sessions = [{**row, "position": position} for position, row in enumerate(planned, start=1)]
    period = _period(context, days[-1])
    inputs = {"sessions": sessions, "moved": _planned_before(context), "last_on": days[-1].isoformat()}
    _, text = rendered(context, NOTICE, inputs | {"due_on": period.on.isoformat() if period else None})
    for case in submitted_in(context.session, context.case):
        if case.applicant_id is not None:
            once = f"training:{context.case.id}:{context.request.task}"
            keys = [group_at("lead", case.applicant_id)]
            tell_groups(context.work, keys, text.title, text.body, case_id=case.id, once=once)
    return {"sessions": sessions}


def announce_training(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Once every session was held, each case of the call hears the day that starts its period, after this transaction.

    Answers how many sessions of the newest plan were not held (`missed`); while there is one, nobody is told. The day
    is that of the last session, or, by `training_basis = "attended"`, of the last one the unit attended; who
    attended none has the last of all. Source: domain §13.19, §13.21.
    """
    basis = context.programme.manifest.settings.get("training_basis", "last")
    if basis not in BASES:
        raise OperationRefused(
            zh=f"training_basis 只能是 {'、'.join(BASES)}，不是 {basis}", en=f"training_basis must be one of {BASES}"
        )
    held, missed = _held(context)
    if missed or not held:
        return {"announced": 0, "missed": missed}
    _refuse_before_close(context, [on for on, _ in held])
    last = max(on for on, _ in held)
    cases = submitted_in(context.session, context.case)
    for case in cases:
        attended = [on for on, units in held if str(case.id) in units]
        on = max(attended) if basis == "attended" and attended else last
        payload = {"case_id": case.id, "name": HELD, "on": on.isoformat()}
        dedupe = f"event:{case.id}:{context.case.id}:{context.request.task}"
        outbox.add(context.session, "event", payload, dedupe_key=dedupe, now=context.work.now)
    return {"announced": len(cases), "missed": 0}


def _period(context: OperationContext, held_on: date) -> Due | None:
    """The period that a training held on a day would start; None where the programme has none."""
    rule = context.programme.manifest.deadlines.get(PERIOD)
    if rule is None or rule.event != HELD:
        return None
    return deadlines.due(rule, held_on, context.ground.calendar)


def _refuse_before_close(context: OperationContext, days: list[date]) -> None:
    closes = (context.of_case("call") or {}).get("dates", {}).get("submission")
    if closes and min(days) <= date.fromisoformat(closes):
        raise OperationRefused(
            zh=f"培训日期 {min(days)} 须在网上申报截止日 {closes} 之后",
            en=f"a training on {min(days)} must come after the online declaration closes on {closes}",
        )


def _planned_before(context: OperationContext) -> bool:
    mine = select(Submission.id).where(Submission.case_id == context.case.id, Submission.form == "training-plan")
    return len(context.session.scalars(mine).all()) > 1


def _held(context: OperationContext) -> tuple[list[tuple[date, frozenset[str]]], int]:
    """Day and attending cases of each session that was held, and how many of the newest plan were not."""
    rows = context.session.execute(
        select(Submission.form, Submission.data)
        .where(Submission.case_id == context.case.id, Submission.form.in_(("training-plan", "training-attendance")))
        .order_by(Submission.id)
    )
    held: list[tuple[date, frozenset[str]]] = []
    missed = 0
    for form, data in rows:
        if form == "training-plan":
            missed = len(data.get("sessions") or [])
        elif data.get("held") == "yes" and data.get("held_on"):
            missed -= 1
            held.append((date.fromisoformat(str(data["held_on"])), frozenset(map(str, data.get("attended") or []))))
    return held, missed
