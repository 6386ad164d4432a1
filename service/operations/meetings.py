"""A meeting over many cases: send its papers, and tell each case what was decided."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from service.operations.context import OperationContext, OperationRefused
from service.operations.letters import next_of, rendered
from service.operations.recipients import tell_roles
from service.store import outbox
from service.store.cases import Case, numbers_of
from service.store.meetings import Meeting, MeetingItem
from service.store.session import changed

DECISIONS = ("agree", "conditional", "defer", "disagree")


def send_papers(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Put the chosen cases on the agenda and send the papers; from now on their applicants can no longer withdraw.

    Reads the form `meeting-agenda`: case_ids, held_on, chair. Source: domain §13.38.
    """
    agenda = context.form("meeting_agenda")
    wanted = [int(case_id) for case_id in agenda.get("case_ids") or []]
    waiting = {int(row["case_id"]): row for row in context.looked_up("waiting_for_meeting")}
    strangers = [case_id for case_id in wanted if case_id not in waiting]
    if strangers or not wanted:
        named = "、".join(numbers_of(context.session, strangers))
        raise OperationRefused(
            zh=f"议程中的案件已不在等待上会之列：{named}" if named else "议程中没有案件",
            en=f"cases on the agenda no longer wait for a meeting: {named}" if named else "the agenda has no case",
        )
    letter, text = rendered(context, inputs["letter"], inputs)  # while the cases still wait for a meeting
    meeting = _meeting(context, agenda)
    now = context.work.now
    context.session.add_all(
        MeetingItem(meeting_id=meeting.id, case_id=case_id, position=position, papers_sent_at=now)
        for position, case_id in enumerate(wanted, start=1)
    )
    still = update(Case).where(Case.id.in_(wanted), Case.ended_at.is_(None))
    if changed(context.session, still.values(papers_sent_at=now)) != len(set(wanted)):
        raise OperationRefused(zh="议程中有案件刚刚撤回", en="a case on the agenda has just been withdrawn")
    context.session.flush()
    tell_roles(context, letter.to, text.title, text.body)
    return {"items": len(wanted), "number": meeting.number}


def announce_decisions(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Send each case its decision; every case then moves in its own transaction, after this one.

    Reads the form `meeting-record`: items with number (of the case), decision, conditions.
    """
    recorded = {row.get("number"): row for row in context.form("meeting_record").get("items") or []}
    items = context.session.execute(
        select(MeetingItem, Case.number)
        .join(Meeting, Meeting.id == MeetingItem.meeting_id)
        .join(Case, Case.id == MeetingItem.case_id)
        .where(Meeting.case_id == context.case.id)
        .order_by(MeetingItem.position)
    ).all()
    missing = "、".join(
        str(item.position) for item, number in items if (recorded.get(number) or {}).get("decision") not in DECISIONS
    )
    if missing:
        raise OperationRefused(
            zh=f"第 {missing} 项议题没有审议结论，请退回“逐项记录审议表决”补记",
            en=f"items {missing} have no decision; return to the record and add it",
        )
    for item, number in items:
        row = recorded[number]
        item.decision, item.conditions = row["decision"], row.get("conditions")
        item.announced_at = context.work.now
        if item.decision == "defer":
            context.session.execute(update(Case).where(Case.id == item.case_id).values(papers_sent_at=None))
        payload = {
            "case_id": item.case_id,
            "name": "meeting-decided",
            "variables": {"decision": item.decision, "conditions": item.conditions, "meeting_item": item.id},
        }
        outbox.add(context.session, "message", payload, dedupe_key=f"meeting-decided:{item.id}", now=context.work.now)
    context.session.execute(update(Meeting).where(Meeting.case_id == context.case.id).values(state="held"))
    return {"announced": len(items)}


def _meeting(context: OperationContext, agenda: Any) -> Meeting:
    held_on = agenda.get("held_on")
    earlier = context.session.scalar(select(func.count(Meeting.id)).where(Meeting.case_id == context.case.id))
    if earlier:
        raise OperationRefused(zh="会议材料已经印发", en="the papers of this meeting have been sent")
    number = next_of(context, "meeting") if "meeting" in context.programme.manifest.numbers else None
    meeting = Meeting(
        case_id=context.case.id,
        held_on=date.fromisoformat(held_on[:10]) if held_on else None,
        number=number,
        chair=agenda.get("chair"),
        state="papers-sent",
    )
    context.session.add(meeting)
    context.session.flush()
    if number:
        context.case.title = number
    return meeting
