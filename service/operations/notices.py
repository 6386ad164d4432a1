"""Publicity: publish a notice of one case or of several, count its objections, tell the own case a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service.domain import deadlines
from service.operations.context import OperationContext, OperationRefused
from service.operations.letters import next_of
from service.store import outbox
from service.store.case_json import snake
from service.store.cases import CaseEvent, numbers_of
from service.store.notices import Notice, NoticeItem, Objection, objection_states

PUBLISHED = "notice-published"
PERIOD = "publicity-end"
#: what a notice says besides its text, a paragraph each
TOLD = (
    {"basis": "依据"},
    {
        "contact_name": "异议受理人",
        "contact_phone": "电话",
        "contact_address": "地址",
        "contact_email": "电子邮箱",
        "supervisor": "监督部门",
    },
    {"channel": "发布网址"},
)


def publish_notice(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Publish the notice and record the event that starts each case's period, whose first day is today.

    Reads the form named by `form` (`publicity`): title, body, what TOLD names (its basis, who receives objections, who
    supervises, where it is published), and case_ids where the notice is an act of its own over several cases: each of
    them hears of it.
    """
    draft = context.form(snake(inputs["form"]))
    rule = context.programme.manifest.deadlines.get(PERIOD)
    if rule is None:
        raise OperationRefused(zh=f"专项没有期限 {PERIOD}", en=f"the programme has no deadline {PERIOD}")
    cases = _named(context, draft.get("case_ids"))
    period = deadlines.due(rule, context.today, context.ground.calendar)
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
    context.session.flush()
    if notice.number is None:
        notice.number = f"GS{context.today.year}{notice.id:05d}"
    told = {"notice": notice.number, "to_on": notice.to_on.isoformat()}
    for position, case_id in enumerate(cases, start=1):
        context.session.add(NoticeItem(notice_id=notice.id, case_id=case_id, position=position))
        context.session.add(CaseEvent(case_id=case_id, name=PUBLISHED, on_date=context.today, at=context.work.now))
        if case_id != context.case.id:
            payload = {"case_id": case_id, "name": PUBLISHED, "variables": told}
            dedupe = f"{PUBLISHED}:{notice.id}:{case_id}"
            outbox.add(context.session, "message", payload, dedupe_key=dedupe, now=context.work.now)
    return told


def _named(context: OperationContext, case_ids: Any) -> list[int]:
    """The cases of the notice, in their order: the own one, or those chosen, which must still wait for it."""
    if case_ids is None:
        return [context.case.id]
    wanted = list(dict.fromkeys(int(case_id) for case_id in case_ids))
    waiting = {int(row["case_id"]) for row in context.looked_up("waiting_for_notice")}
    gone = [case_id for case_id in wanted if case_id not in waiting]
    if gone or not wanted:
        named = "、".join(numbers_of(context.session, gone))
        raise OperationRefused(
            zh=f"已不在等待合并公示之列：{named}。请退回“拟定合并公示”重新选取" if gone else "没有选取案件",
            en=f"no longer waiting for a notice: {named}; return to the draft and choose again" if gone else "no case",
        )
    return wanted


def _body(draft: Mapping[str, Any]) -> str:
    """The text, its basis, and who receives objections: without that a notice is none."""
    parts = [str(draft.get("body") or "")]
    for names in TOLD:
        given = "，".join(f"{words}：{draft[name]}" for name, words in names.items() if draft.get(name))
        parts.append(given and f"{given}。")
    return "\n\n".join(part for part in parts if part)


def tally_objections(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Count the objections of this case that are still open and those upheld.

    Reads the forms `objection-admission` (admitted) and `objection-conclusion` (upheld) of each objection.
    """
    objections = context.session.scalars(select(Objection).where(Objection.case_id == context.case.id)).all()
    states = objection_states(context.session, context.case.id)
    for one in objections:
        one.state = states.get(one.id, one.state)
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
