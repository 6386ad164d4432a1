"""Which people are tied to a unit of a case, and are told nothing of it by office."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import CompoundSelect, exists, false, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from service.store.cases import Case
from service.store.experts import Expert
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.relations import Relation, is_tied
from service.store.users import User


def tied_people(session: Session, case_id: int, among: Collection[int], today: date) -> frozenset[int]:
    """Which of these accounts are tied to a unit of the case: by home, declaration, or their entry in the pool."""
    units = _units_of(case_id)
    declared = exists().where(Relation.user_id == User.id, Relation.unit.in_(units), is_tied(today))
    own = or_(Organisation.credit_code.in_(units), Organisation.name.in_(units))
    employed = or_(Expert.employer.in_(units), Expert.employer_credit_code.in_(units))
    found = session.execute(
        select(User.id, func.coalesce(or_(own, declared, employed), false()), Expert.avoid)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .outerjoin(Expert, Expert.user_id == User.id)
        .where(User.id.in_(among))
    ).all()
    tied = {user_id for user_id, is_tied_to_it, _ in found if is_tied_to_it}
    avoiding = [(user_id, avoid) for user_id, _, avoid in found if avoid]
    named = set(session.scalars(units)) if avoiding else set()
    return frozenset(tied | {user_id for user_id, avoid in avoiding if not named.isdisjoint(avoid)})


def _units_of(case_id: int) -> CompoundSelect[Any]:
    """Credit codes and names of the applicant and the members, in one column."""
    unit = aliased(Organisation)
    applicant = Case.id == case_id
    members = Member.case_id == case_id
    return union_all(
        select(unit.credit_code).join(Case, Case.applicant_id == unit.id).where(applicant),
        select(unit.name).join(Case, Case.applicant_id == unit.id).where(applicant),
        select(Member.credit_code).where(members),
        select(Member.name).where(members),
    )
