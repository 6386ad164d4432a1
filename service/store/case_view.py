"""The case as FEEL, letters and pages read it: JSON, loaded only as far as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sqlalchemy import Exists, exists, func, select
from sqlalchemy.orm import Session, aliased

from service.domain.deadlines import local_date
from service.domain.identity import Actor
from service.store import audit
from service.store.calls import Call
from service.store.case_json import (
    Json,
    Path,
    asked_under,
    case_json,
    duty_json,
    expert_json,
    organisation_json,
    register_json,
    snake,
)
from service.store.cases import Case, CaseEvent
from service.store.dispatches import Dispatch, DispatchItem
from service.store.experts import Expert
from service.store.meetings import Meeting, MeetingItem
from service.store.members import Member
from service.store.notices import Objection
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.papers import Paper
from service.store.register import Duty, RegisterEntry
from service.store.submissions import Submission
from service.store.users import User

DECLARATION: Final = "declaration"
EXPERT_INVITATION: Final = "expert-invitation"
MEMBER_CONFIRMATION: Final = "member-confirmation"
PARTIES: Final = {"applicant": "applicant_id", "competent": "competent_id", "authority": "authority_id"}


def case_view(session: Session, case: Case, paths: Collection[Path], actor: Actor | None = None) -> Json:
    """The case as JSON, with what the paths under `case` read; the path `("case",)` reads all of it.

    A name that is no part of every case is a form's id in snake case: its newest submission, or null. For an actor of
    the applicant, experts are nameless (专家1): the panel is not to be approached.
    """
    asked = asked_under(paths, "case")
    view = _scalars(case)
    for name, load in SECTIONS.items():
        if asked is None or name in asked:
            view[name] = load(session, case)
    view |= _parties(session, case, PARTIES if asked is None else asked & PARTIES.keys())
    own = view.keys() | SECTIONS.keys() | PARTIES.keys()
    view |= _newest(session, case, None if asked is None else asked - own)
    if actor is not None and actor.organisation_id is not None and actor.organisation_id == case.applicant_id:
        _hide_experts(view)
    return view


def _scalars(case: Case) -> Json:
    return {
        "id": str(case.id),
        "number": case.number,
        "programme": case.programme,
        "procedure": case.procedure,
        "state": case.state,
        "title": case.title,
        "outcome": case.outcome,
        "started_on": local_date(case.started_at).isoformat(),
        "submitted_on": local_date(case.submitted_at).isoformat() if case.submitted_at else None,
        "receipt_code": case.receipt_code,
    }


def _parties(session: Session, case: Case, names: Collection[str]) -> Json:
    ids = {name: getattr(case, PARTIES[name]) for name in names}
    wanted = {key for key in ids.values() if key is not None}
    if not wanted:
        return dict.fromkeys(ids)
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    found = {row.id: organisation_json(row) for row in rows}
    return {name: found.get(key) for name, key in ids.items()}


def _newest(session: Session, case: Case, names: set[str] | None) -> Json:
    if names is not None and not names:
        return {}
    newest = select(func.max(Submission.id)).where(Submission.case_id == case.id).group_by(Submission.form)
    if names is not None:
        newest = newest.where(Submission.form.in_({name.replace("_", "-") for name in names}))
    rows = session.execute(select(Submission.form, Submission.data).where(Submission.id.in_(newest)))
    found: Json = {snake(form): data for form, data in rows}
    return dict.fromkeys(names or ()) | found


def _submissions(session: Session, case: Case) -> dict[str, list[Json]]:
    rows = session.execute(
        select(Submission, User.name, Expert.id)
        .outerjoin(User, User.id == Submission.submitted_by)
        .outerjoin(Expert, Expert.user_id == Submission.submitted_by)
        .where(Submission.case_id == case.id)
        .order_by(Submission.id)
    )
    found: dict[str, list[Json]] = {}
    for row, name, expert_id in rows:
        entry = {
            **row.data,
            "item": row.item,
            "by": None if row.submitted_by is None else str(row.submitted_by),
            "by_name": name,
            "by_expert": expert_id,
            "on": local_date(row.submitted_at).isoformat(),
        }
        found.setdefault(snake(row.form), []).append(entry)
    return found


def _members(session: Session, case: Case) -> list[Json]:
    rows = session.scalars(select(Member).where(Member.case_id == case.id).order_by(Member.position, Member.id)).all()
    confirmed = _confirmations(session, case) if rows else {}
    return [
        {
            **row.data,
            "id": row.id,
            "position": row.position,
            "name": row.name,
            "credit_code": row.credit_code,
            "kind": row.kind,
            "role": row.role,
            "confirmed": confirmed.get(row.id),
        }
        for row in rows
    ]


def _confirmations(session: Session, case: Case) -> dict[int, bool | None]:
    rows = session.execute(
        select(Submission.item, Submission.data)
        .where(Submission.case_id == case.id, Submission.form == MEMBER_CONFIRMATION)
        .order_by(Submission.id)
    )
    found: dict[int, bool | None] = {}
    for item, data in rows:
        member = item.get("member")
        key = member.get("id") if isinstance(member, dict) else member
        if key is not None:
            found[int(key)] = data.get("confirmed")
    return found


def _panel(session: Session, case: Case) -> Json | None:
    panel = session.scalars(
        select(Panel).where(Panel.case_id == case.id).order_by(Panel.id.desc()).limit(1)
    ).one_or_none()
    if panel is None:
        return None
    rows = session.execute(
        select(Seat, Expert, answered_since(panel))
        .outerjoin(Expert, Expert.id == Seat.expert_id)
        .where(Seat.panel_id == panel.id)
        .order_by(Seat.position, Seat.id)
    )
    return {
        "id": panel.id,
        "code": panel.code,
        "seed": panel.seed,
        "pool_digest": panel.pool_digest,
        "commitment": panel.record.get("commitment"),
        "pool_size": len(panel.record.get("pool", ())),
        "eligible": sum(row["reason"] is None for row in panel.record.get("pool", ())),
        "seats": [_seat(*row) for row in rows],
    }


def answered_since(panel: Panel) -> Exists:
    """Whether the expert of a row has answered the invitation to this panel."""
    return exists().where(
        Submission.case_id == panel.case_id,
        Submission.form == EXPERT_INVITATION,
        Submission.submitted_by == Expert.user_id,
        Submission.submitted_at >= panel.created_at,
    )


def _seat(seat: Seat, expert: Expert | None, answered: bool) -> Json:
    """A seat whose expert answered and was not replaced is accepted: a refusal leads to the draw of a substitute."""
    return {
        "id": seat.id,
        "position": seat.position,
        "expert_id": seat.expert_id,
        "expert": expert_json(expert) if expert else None,
        "state": "accepted" if answered and seat.state == "invited" else seat.state,
        "chair": seat.chair,
        "replaced_by": seat.replaced_by,
    }


def _decisions(session: Session, case: Case) -> Json:
    return audit.decisions_of(session, case.id)


def _papers(session: Session, case: Case) -> list[Json]:
    rows = session.scalars(select(Paper).where(Paper.case_id == case.id).order_by(Paper.id))
    declared = select(func.max(Submission.submitted_at)).where(
        Submission.case_id == case.id, Submission.form == DECLARATION
    )
    newest = session.scalar(declared)
    return [
        {
            "id": str(row.id),
            "letter": row.letter,
            "number": row.number,
            "title": row.title,
            "code": row.code,
            "issued_on": local_date(row.issued_at).isoformat(),
            "current": newest is None or row.issued_at >= newest,  # nothing was declared anew since
        }
        for row in rows
    ]


def _objections(session: Session, case: Case) -> list[Json]:
    """Who objects is confidential and no part of the case."""
    rows = session.scalars(select(Objection).where(Objection.case_id == case.id).order_by(Objection.id))
    return [
        {
            "id": str(row.id),
            "code": row.code,
            "kind": row.kind,
            "state": row.state,
            "lodged_on": local_date(row.lodged_at).isoformat(),
        }
        for row in rows
    ]


def _register(session: Session, case: Case) -> Json | None:
    """The entry this case is about; else the one it made, or the newest of its applicant in the programme."""
    if case.register_entry_id is not None:
        return register_json(session.get_one(RegisterEntry, case.register_entry_id))
    applicant = select(Organisation.credit_code).where(Organisation.id == case.applicant_id).scalar_subquery()
    own = RegisterEntry.case_id == case.id
    about = (RegisterEntry.programme == case.programme) & (RegisterEntry.credit_code == applicant)
    row = session.scalars(
        select(RegisterEntry).where(own | about).order_by(own.desc(), RegisterEntry.id.desc()).limit(1)
    ).one_or_none()
    return register_json(row) if row else None


def _duty(session: Session, case: Case) -> Json | None:
    """What the centre owes by this case; null for a case that no duty opened."""
    row = session.scalars(select(Duty).where(Duty.case_id == case.id)).one_or_none()
    return duty_json(row) if row else None


def _events(session: Session, case: Case) -> dict[str, str]:
    rows = session.execute(
        select(CaseEvent.name, CaseEvent.on_date).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id)
    )
    return {name: on.isoformat() for name, on in rows}


def _items(session: Session, case: Case) -> list[Json]:
    """What an act over many cases holds: the agenda of a meeting, or the cases of a dispatch with their forms."""
    return _agenda(session, case) or _dispatched(session, case)


def _dispatched(session: Session, case: Case) -> list[Json]:
    item_case, applicant = aliased(Case), aliased(Organisation)
    rows = session.execute(
        select(DispatchItem, item_case, applicant.name)
        .join(Dispatch, Dispatch.id == DispatchItem.dispatch_id)
        .join(item_case, item_case.id == DispatchItem.case_id)
        .outerjoin(applicant, applicant.id == item_case.applicant_id)
        .where(Dispatch.case_id == case.id)
        .order_by(DispatchItem.position, DispatchItem.id)
    ).all()
    forms = _forms_of(session, [row[1].id for row in rows])
    return [
        {
            **forms.get(of_item.id, {}),
            **case_json(of_item, applicant_name),
            "position": item.position,
            "result": item.result,
            "reason": item.reason,
        }
        for item, of_item, applicant_name in rows
    ]


def _forms_of(session: Session, case_ids: list[int]) -> dict[int, Json]:
    """The newest submission of each form of each case, by the form's id in snake case."""
    newest = select(func.max(Submission.id)).where(Submission.case_id.in_(case_ids))
    newest = newest.group_by(Submission.case_id, Submission.form)
    found: dict[int, Json] = {}
    for row in session.scalars(select(Submission).where(Submission.id.in_(newest))) if case_ids else ():
        found.setdefault(row.case_id, {})[snake(row.form)] = row.data
    return found


def _agenda(session: Session, case: Case) -> list[Json]:
    item_case, applicant = aliased(Case), aliased(Organisation)
    rows = session.execute(
        select(MeetingItem, item_case, applicant.name)
        .join(Meeting, Meeting.id == MeetingItem.meeting_id)
        .join(item_case, item_case.id == MeetingItem.case_id)
        .outerjoin(applicant, applicant.id == item_case.applicant_id)
        .where(Meeting.case_id == case.id)
        .order_by(MeetingItem.position, MeetingItem.id)
    )
    return [
        {
            **case_json(of_item, applicant_name),
            "position": item.position,
            "decision": item.decision,
            "conditions": item.conditions,
        }
        for item, of_item, applicant_name in rows
    ]


def _call(session: Session, case: Case) -> Json | None:
    call = session.get(Call, case.call_id) if case.call_id is not None else None
    if call is None:
        return None
    return {"id": str(call.id), "key": call.key, "year": call.year, "title": call.title, "dates": call.dates}


SECTIONS: Final[Mapping[str, Callable[[Session, Case], Any]]] = {
    "submissions": _submissions,
    "members": _members,
    "panel": _panel,
    "decisions": _decisions,
    "papers": _papers,
    "objections": _objections,
    "register": _register,
    "duty": _duty,
    "events": _events,
    "items": _items,
    "call": _call,
}


def _hide_experts(view: Json) -> None:
    for seat in (view.get("panel") or {}).get("seats", ()):
        seat["expert_id"] = None
        seat["expert"] = {"name": f"专家{seat['position']}"} if seat["expert"] else None
    for entries in view.get("submissions", {}).values():
        for entry in entries:
            if entry["by_expert"] is not None:
                entry.update(by=None, by_name="专家", by_expert=None, item={})
