"""Publicity: publish the notice, count its objections, tell the own case a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service.domain import deadlines
from service.operations.context import OperationContext, OperationRefused
from service.operations.letters import next_of
from service.store import outbox
from service.store.cases import CaseEvent
from service.store.notices import Notice, Objection
from service.store.submissions import Submission

PUBLISHED = "notice-published"
PERIOD = "publicity-end"
CONTACT = {"name": "异议受理人", "phone": "电话", "address": "地址", "email": "电子邮箱"}


def publish_notice(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Publish the notice of this case and record the event that starts its period, whose first day is today.

    Reads the form `publicity`: title, body, and whom to tell an objection (contact_name, _phone, _address, _email).
    """
    draft = context.form("publicity")
    rule = context.programme.manifest.deadlines.get(PERIOD)
    if rule is None:
        raise OperationRefused(zh=f"专项没有期限 {PERIOD}", en=f"the programme has no deadline {PERIOD}")
    period = deadlines.due(rule, context.today, context.reading.calendar)
    series = "notice" if "notice" in context.programme.manifest.numbers else None
    notice = Notice(
        number=next_of(context, series) if series else None,
        case_id=context.case.id,
        title=str(draft.get("title") or context.case.title),
        body=_body(draft),
        from_on=context.today,
        to_on=period.on,
        published_at=context.work.now,
        state="published",
    )
    context.session.add(notice)
    context.session.add(CaseEvent(case_id=context.case.id, name=PUBLISHED, on_date=context.today, at=context.work.now))
    context.session.flush()
    if notice.number is None:
        notice.number = f"GS{context.today.year}{notice.id:05d}"
    return {"notice": notice.number, "to_on": notice.to_on.isoformat()}


def _body(draft: Mapping[str, Any]) -> str:
    """The text, and who receives objections: without that a notice is none."""
    given = [(words, str(draft.get(f"contact_{name}") or "")) for name, words in CONTACT.items()]
    contact = "，".join(f"{words}：{value}" for words, value in given if value)
    return "\n\n".join(part for part in (str(draft.get("body") or ""), contact and f"{contact}。") if part)


def tally_objections(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Count the objections of this case that are still open and those upheld.

    Reads the forms `objection-admission` (admitted) and `objection-conclusion` (upheld) of each objection.
    """
    admitted = _answers(context, "objection-admission", "admitted")
    upheld = _answers(context, "objection-conclusion", "upheld")
    objections = context.session.scalars(select(Objection).where(Objection.case_id == context.case.id)).all()
    for one in objections:
        if admitted.get(one.id) == "no":
            one.state = "refused"
        elif one.id in upheld:
            one.state = "upheld" if upheld[one.id] == "yes" else "rejected"
        elif one.id in admitted:
            one.state = "admitted"
    still = [one for one in objections if one.state in ("lodged", "admitted")]
    return {"open": len(still), "upheld": sum(one.state == "upheld" for one in objections)}


def announce(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Give the message this element names to the own case, after the commit; it is kept until somebody waits for it."""
    message = context.request.message
    if message is None:
        raise OperationRefused(zh="元素没有写明消息", en="the element names no message")
    payload: dict[str, Any] = {"case_id": context.case.id, "name": message["name"], "variables": {}}
    dedupe = f"announce:{context.case.id}:{context.request.task}"
    outbox.add(context.session, "message", payload, dedupe_key=dedupe, now=context.work.now)
    return {}


def _answers(context: OperationContext, form: str, field: str) -> dict[int, Any]:
    """The newest answer of a form about each objection."""
    rows = context.session.execute(
        select(Submission.item, Submission.data)
        .where(Submission.case_id == context.case.id, Submission.form == form)
        .order_by(Submission.id)
    )
    return {int(item["objection_id"]): data.get(field) for item, data in rows if item.get("objection_id")}
