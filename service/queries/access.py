"""Which cases an actor may see, as a condition on rows: the SQL twin of `see-case` in domain/access."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from service.domain.access import OUTSIDE_ROLES, SEES_ALL
from service.domain.identity import Actor
from service.store.cases import Case
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.user_tasks import TaskGroup, UserTask


def visible(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Case`: own declarations, submitted cases of one's authority, and those one works on."""
    if actor.holds(*SEES_ALL):
        return true()
    conditions: list[ColumnElement[bool]] = []
    if actor.organisation_id is not None:
        conditions.append(Case.applicant_id == actor.organisation_id)
    scopes = [grant.path for grant in actor.roles if grant.role not in OUTSIDE_ROLES]
    if scopes:
        conditions.append(_judged_below(actor, scopes))
    conditions.append(Case.id.in_(_worked_on(actor)))
    return or_(*conditions) if conditions else false()


def may_see(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the case exists for the actor."""
    return session.scalar(select(Case.id).where(Case.id == case_id, visible(actor))) is not None


def is_outside(actor: Actor) -> bool:
    """Whether the actor holds no role at an authority: an applicant, a member unit or an expert."""
    return not any(grant.role not in OUTSIDE_ROLES for grant in actor.roles)


def reads_from_outside(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the actor reads this case as one of its parties: an outsider anywhere, or one here.

    Whoever belongs to a unit of the case, or sits on its panel, reads it so in spite of a role at some authority.
    """
    if is_outside(actor):
        return True
    if actor.holds(*SEES_ALL):
        return False
    own: list[ColumnElement[bool]] = []
    if actor.organisation_id is not None:
        own.append(exists().where(Case.id == case_id, Case.applicant_id == actor.organisation_id))
    if actor.credit_code is not None:
        own.append(exists().where(Member.case_id == case_id, Member.credit_code == actor.credit_code))
    if actor.expert_id is not None:
        seat = (Seat.panel_id == Panel.id, Seat.expert_id == actor.expert_id)
        own.append(exists().where(Panel.case_id == case_id, *seat))
    return bool(own) and bool(session.scalar(select(or_(*own))))


def _judged_below(actor: Actor, scopes: list[str]) -> ColumnElement[bool]:
    """Cases routed to an organisation at or under one of the paths: submitted ones, and none of the own unit."""
    # aliases: the statement around may name the same tables for other rows
    below, unit, member = aliased(Organisation), aliased(Organisation), aliased(Member)
    under = select(below.id).where(or_(*(below.path.startswith(path) for path in scopes)))
    routed = or_(Case.competent_id.in_(under), Case.authority_id.in_(under))
    submitted = or_(Case.submitted_at.is_not(None), Case.applicant_id.is_(None))
    if actor.credit_code is None:
        return and_(routed, submitted)
    own = or_(
        exists().where(unit.id == Case.applicant_id, unit.credit_code == actor.credit_code),
        exists().where(member.case_id == Case.id, member.credit_code == actor.credit_code),
    )
    return and_(routed, submitted, ~own)


def _worked_on(actor: Actor) -> Select[int]:
    """Cases with a task, open or done, that is or was the actor's, or an open one of the actor's groups.

    An expert who left the seat keeps nothing of the case by having answered the invitation.
    """
    own = or_(UserTask.assignee_id == actor.user_id, UserTask.completed_by == actor.user_id)
    if actor.expert_id is not None:
        own = and_(own, UserTask.case_id.not_in(_left_by(actor.expert_id)))
    groups = sorted(actor.groups)
    in_group = UserTask.id.in_(select(TaskGroup.task_id).where(TaskGroup.group_key.in_(groups), TaskGroup.open))
    return select(UserTask.case_id).where(or_(own, in_group))


def _left_by(expert_id: int) -> Select[int]:
    """Cases in which the expert's newest seat was declined: for a conflict of interest, or for no time."""
    seat, panel = aliased(Seat), aliased(Panel)
    of_case = select(func.max(seat.id)).join(panel, panel.id == seat.panel_id).where(seat.expert_id == expert_id)
    newest = of_case.group_by(panel.case_id)
    return (
        select(Panel.case_id).join(Seat, Seat.panel_id == Panel.id).where(Seat.id.in_(newest), Seat.state == "declined")
    )
