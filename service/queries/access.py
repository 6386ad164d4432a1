"""Which cases an actor may see, as a condition on rows: the lists' side of the rule that guards every act."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from service.domain.identity import Actor
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.user_tasks import TaskGroup, UserTask

SEES_ALL = ("auditor", "administrator")
OUTSIDE_ROLES = frozenset({"lead", "applicant", "member", "expert"})


def visible(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Case`: own declarations, cases of one's authority and those above which one has had a task."""
    if actor.holds(*SEES_ALL):
        return true()
    conditions: list[ColumnElement[bool]] = []
    if actor.organisation_id is not None:
        conditions.append(Case.applicant_id == actor.organisation_id)
    scopes = [grant.path for grant in actor.roles if grant.role not in OUTSIDE_ROLES]
    if scopes:
        under = select(Organisation.id).where(or_(*(Organisation.path.startswith(path) for path in scopes)))
        conditions.append(Case.competent_id.in_(under))
        conditions.append(Case.authority_id.in_(under))
    conditions.append(Case.id.in_(_worked_on(actor)))
    return or_(*conditions) if conditions else false()


def is_outside(actor: Actor) -> bool:
    """Whether the actor holds no role at an authority: an applicant, a member unit or an expert."""
    return not any(grant.role not in OUTSIDE_ROLES for grant in actor.roles)


def _worked_on(actor: Actor) -> Select[int]:
    """Cases with a task, open or done, that is or was the actor's or one of the actor's groups'."""
    own = or_(UserTask.assignee_id == actor.user_id, UserTask.completed_by == actor.user_id)
    groups = sorted(actor.groups)
    in_group = UserTask.id.in_(select(TaskGroup.task_id).where(TaskGroup.group_key.in_(groups), TaskGroup.open))
    return select(UserTask.case_id).where(or_(own, in_group))
