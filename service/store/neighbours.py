"""Beside a case: experts nothing ties to it, departments it may ask, cases it has taken or that were agreed to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from service.domain.panel import Candidate, Unit, conflict
from service.store.case_json import Json, case_json, expert_json
from service.store.cases import Case
from service.store.dispatches import Dispatch, DispatchItem
from service.store.experts import Absence, Expert
from service.store.meetings import Meeting, MeetingItem
from service.store.members import Member
from service.store.notices import Notice, NoticeItem
from service.store.organisations import Organisation
from service.store.relations import Relation, is_tied
from service.store.submissions import Submission

AGREED: Final = ("publicity", "objection_hold", "filing")  # states between a meeting's agreement and the register
AUTHORITY: Final = "authority"


def free_experts(session: Session, case: Case, today: date) -> list[Json]:
    """Experts of the authority's pool whom nothing ties to a unit of the case and who are not absent today."""
    absent = exists().where(Absence.expert_id == Expert.id, Absence.from_on <= today, Absence.to_on >= today)
    mine = Expert.authority_id == case.authority_id
    rows = session.scalars(select(Expert).where(mine, Expert.active, ~absent).order_by(Expert.id)).all()
    tied: dict[int, set[str]] = {}
    for user_id, unit in session.execute(select(Relation.user_id, Relation.unit).where(is_tied(today))):
        tied.setdefault(user_id, set()).add(unit)
    units = _units(session, case)
    return [expert_json(row) for row in rows if not conflict(_candidate(row, tied.get(row.user_id or 0, ())), units)]


def departments(session: Session, case: Case, _today: date) -> list[Json]:
    """Authorities other than the one that decides the case: whom it may ask for an opinion."""
    statement = select(Organisation).where(Organisation.kind == AUTHORITY, Organisation.id != case.authority_id)
    return [{"id": str(row.id), "name": row.name} for row in session.scalars(statement.order_by(Organisation.id))]


def taken_cases(session: Session, case: Case, _today: date) -> list[Json]:
    """The cases that this meeting, notice or dispatch is about, which none of them waits for any more."""
    meeting = select(Meeting.id).where(Meeting.case_id == case.id)
    notice = select(Notice.id).where(Notice.case_id == case.id)
    dispatch = select(Dispatch.id).where(Dispatch.case_id == case.id)
    taken = (
        select(MeetingItem.case_id).where(MeetingItem.meeting_id.in_(meeting)),
        select(NoticeItem.case_id).where(NoticeItem.notice_id.in_(notice)),
        select(DispatchItem.case_id).where(DispatchItem.dispatch_id.in_(dispatch)),
    )
    rows = session.execute(
        select(Case, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(or_(*(Case.id.in_(one) for one in taken)))
        .order_by(Case.id)
    )
    return [case_json(row, applicant) for row, applicant in rows]


def agreed_cases(session: Session, case: Case, _today: date) -> list[Json]:
    """Other cases of the programme that the meeting has agreed to and that are not in the register yet, with field."""
    rows = session.execute(
        select(Case, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(Case.programme == case.programme, Case.state.in_(AGREED), Case.ended_at.is_(None), Case.id != case.id)
        .order_by(Case.id)
    ).all()
    return [case_json(row, applicant) | {"field": field_of(session, row.id)} for row, applicant in rows]


def field_of(session: Session, case_id: int) -> str | None:
    """The field of a case: what its newest form with a `field_code` says, be it the unit's or the authority's."""
    rows = session.scalars(select(Submission.data).where(Submission.case_id == case_id).order_by(Submission.id.desc()))
    return next((data["field_code"] for data in rows if data.get("field_code")), None)


def _candidate(row: Expert, tied: Collection[str]) -> Candidate:
    return Candidate(row.id, row.field, row.employer, row.employer_credit_code, frozenset({*row.avoid, *tied}))


def _units(session: Session, case: Case) -> list[Unit]:
    own = select(Organisation.name, Organisation.credit_code).where(Organisation.id == case.applicant_id)
    joined = select(Member.name, Member.credit_code).where(Member.case_id == case.id)
    return [Unit(name, code) for name, code in session.execute(own.union_all(joined))]
