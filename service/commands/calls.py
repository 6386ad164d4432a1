"""Open a call (申报批次) with its dates, and record the dated events that start deadlines, such as a training."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from service.commands.process_messages import publish
from service.commands.trail import note
from service.domain.errors import InvalidInput, NotFound
from service.programmes.compiled import compiled_of
from service.store import deployments
from service.store.calls import Call
from service.store.cases import Case, CaseEvent
from service.store.unit_of_work import UnitOfWork


def open_call(
    work: UnitOfWork, programme: str, *, key: str, year: int, title: str, opens_on: date, dates: Mapping[str, date]
) -> int:
    """Open a call; `dates` gives deadlines of the manifest whose rule is the call's their last day. Returns its id."""
    deployment_id = deployments.newest(work.session, programme)
    if deployment_id is None:
        raise NotFound()
    rules = compiled_of(work.session, deployment_id).manifest.deadlines
    strangers = sorted(set(dates) - {name for name, rule in rules.items() if rule.starts == "call"})
    if strangers:
        named = "、".join(strangers)
        raise InvalidInput(field="dates", zh=f"批次不设这些期限：{named}", en=f"the call has no dates for {strangers}")
    if work.session.scalar(select(Call.id).where(Call.programme == programme, Call.key == key)) is not None:
        raise InvalidInput(field="编号", zh=f"批次 {key} 已经开放过", en=f"the call {key} exists already")
    call = Call(
        programme=programme,
        key=key,
        year=year,
        title=title,
        opens_on=opens_on,
        closes_on=max(dates.values(), default=None),
        dates={name: day.isoformat() for name, day in dates.items()},
        status="open",
    )
    work.session.add(call)
    work.session.flush()
    note(work, "call-opened", "call", call.id, {"title": title, "dates": call.dates})
    return call.id


def record_event(work: UnitOfWork, case_id: int, name: str, on: date) -> None:
    """Record what starts a deadline (a training held on a day) and tell the case by the message of that name."""
    case = work.session.get(Case, case_id)
    if case is None:
        raise NotFound()
    work.session.add(CaseEvent(case_id=case_id, name=name, on_date=on, at=work.now))
    work.session.flush()
    publish(work, case_id, name, {"event_on": on.isoformat()})
    note(work, "event-recorded", "case", case_id, {"event": name, "on": on.isoformat()}, case_id=case_id)
