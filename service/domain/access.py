"""Who may do what: role ∧ organisation scope ∧ assignment ∧ no conflict of interest ∧ state, over plain values.

Lists are filtered in SQL by the same rule. What is out of the actor's scope is NotFound, never NotAllowed: that
something exists is already an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from service.domain.deadlines import is_over, shown, shown_end
from service.domain.errors import (
    DeadlinePassed,
    NotAllowed,
    NotFound,
    Refusal,
    TaskAlreadyClaimed,
    TaskAlreadyCompleted,
    WrongState,
)
from service.domain.identity import Actor

Action: TypeAlias = Literal["see-case", "withdraw-case", "see-objector", "see-task", "work-on-task"]

# Roles held at a unit, not at an authority; everybody else judges, and who judges has no part in the case.
OUTSIDE_ROLES: Final = frozenset({"lead", "applicant", "member", "expert"})
SEES_ALL: Final = ("auditor", "administrator")


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the rule asks about a case. Paths are those of its competent department and its authority."""

    applicant_id: int | None = None
    competent_path: str | None = None
    authority_path: str | None = None
    unit_codes: frozenset[str] = frozenset()  # credit codes of the applicant and the members
    recused_user_ids: frozenset[int] = frozenset()
    worker_ids: frozenset[int] = frozenset()  # who has, or had, a task of the case
    open_groups: frozenset[str] = frozenset()  # groups of its open tasks
    submitted: bool = True
    ended: bool = False
    papers_sent: bool = False


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What the rule asks about a task; `acted_as` are the roles in which the actor has acted in the case before."""

    case: CaseFacts
    groups: frozenset[str]
    status: str = "open"
    assignee_id: int | None = None
    holder: str = ""  # name of the assignee, or of who completed it
    since: datetime | None = None  # when it was claimed or closed
    over_at: datetime | None = None  # when its period ends, if acts after it are refused
    acted_as: frozenset[str] = field(default_factory=frozenset)


def may(actor: Actor, action: Action, about: CaseFacts | TaskFacts, now: datetime) -> bool:
    """Whether the actor may do this now."""
    return why_not(actor, action, about, now) is None


def why_not(actor: Actor, action: Action, about: CaseFacts | TaskFacts, now: datetime) -> Refusal | None:
    """The refusal to raise, or None. The clock and the system act in the service's own name and are not asked."""
    if not actor.is_person:
        return None
    case = about.case if isinstance(about, TaskFacts) else about
    for rule in CASE_RULES[action]:
        refusal = rule(actor, case)
        if refusal is not None:
            return refusal
    if isinstance(about, TaskFacts):
        return next((found for rule in TASK_RULES[action] if (found := rule(actor, about, now))), None)
    return None


def has_conflict(actor: Actor, case: CaseFacts) -> bool:
    """Whether the actor belongs to a unit of the case, or was recused; such a person judges nothing of it."""
    own_unit = actor.credit_code is not None and actor.credit_code in case.unit_codes
    return own_unit or (actor.user_id is not None and actor.user_id in case.recused_user_ids)


def role_of(group_key: str) -> str:
    """The role in a group key.

    >>> role_of("local-clerk@5"), role_of("expert:3")
    ('local-clerk', 'expert')
    """
    return group_key.replace("@", ":").partition(":")[0]


def _in_scope(actor: Actor, case: CaseFacts) -> Refusal | None:
    return None if _applies(actor, case) or _judges(actor, case) or _works(actor, case) else NotFound()


def _applies(actor: Actor, case: CaseFacts) -> bool:
    return actor.organisation_id is not None and actor.organisation_id == case.applicant_id


def _judges(actor: Actor, case: CaseFacts) -> bool:
    """Staff see downwards only, nothing before it was submitted, and nothing of their own unit's."""
    if actor.holds(*SEES_ALL):
        return True
    if not case.submitted or has_conflict(actor, case):
        return False
    own = [grant.path for grant in actor.roles if grant.role not in OUTSIDE_ROLES]
    routed = [path for path in (case.competent_path, case.authority_path) if path]
    return any(path.startswith(mine) for path in routed for mine in own)


def _works(actor: Actor, case: CaseFacts) -> bool:
    if actor.user_id is not None and actor.user_id in case.recused_user_ids:
        return False
    return actor.user_id in case.worker_ids or bool(actor.groups & case.open_groups)


def _is_applicant(actor: Actor, case: CaseFacts) -> Refusal | None:
    if _applies(actor, case):
        return None
    return NotAllowed(why_zh="只有申报单位可以撤回。", why_en="Only the applicant can withdraw it.")


def _may_still_withdraw(_actor: Actor, case: CaseFacts) -> Refusal | None:
    """Until the papers of the meeting that decides were sent; a deliberate default where the notices say nothing."""
    if case.ended:
        return WrongState(zh="案件已办结。", en="The case has ended.")
    if case.papers_sent:
        return WrongState(zh="会议材料已发送，不能撤回。", en="The meeting's papers were sent; it cannot be withdrawn.")
    return None


def _is_authority(actor: Actor, case: CaseFacts) -> Refusal | None:
    path = case.authority_path
    if path and not has_conflict(actor, case):
        staff = [grant.path for grant in actor.roles if grant.role not in OUTSIDE_ROLES]
        if any(path.startswith(mine) for mine in staff):
            return None
    return NotAllowed(why_zh="异议人身份仅受理单位可见。", why_en="Only the receiving authority sees who objected.")


def _is_assigned(actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    """The task is the actor's or a group's of the actor; a person in conflict does not even learn of it."""
    mine = actor.groups & task.groups
    if actor.user_id != task.assignee_id and not mine:
        return NotFound()
    judging = {role_of(key) for key in (mine or task.groups)} - {"lead", "applicant", "member"}
    return NotFound() if judging and has_conflict(actor, task.case) else None


def _is_open(_actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    if task.status == "open":
        return None
    return TaskAlreadyCompleted(who=task.holder or "系统", when=shown(task.since) if task.since else "")


def _is_free(actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    if task.assignee_id in {None, actor.user_id}:
        return None
    return TaskAlreadyClaimed(who=task.holder, when=shown(task.since) if task.since else "")


def _is_in_time(_actor: Actor, task: TaskFacts, now: datetime) -> Refusal | None:
    if task.over_at is None or not is_over(task.over_at, now):
        return None
    return DeadlinePassed(due=shown_end(task.over_at))


def _acts_in_one_role(_actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    """Submitter ≠ local reviewer ≠ office handler ≠ decision recorder."""
    now_as = {role_of(key) for key in task.groups}
    if not task.acted_as or not now_as or task.acted_as & now_as:
        return None
    return NotAllowed(
        why_zh="您已用另一角色办理过本案，按规定须由他人办理这一步。",
        why_en="You acted in another role in this case; somebody else has to do this step.",
    )


CASE_RULES: Final[Mapping[Action, tuple[Callable[[Actor, CaseFacts], Refusal | None], ...]]] = MappingProxyType(
    {
        "see-case": (_in_scope,),
        "withdraw-case": (_in_scope, _is_applicant, _may_still_withdraw),
        "see-objector": (_in_scope, _is_authority),
        "see-task": (),
        "work-on-task": (),
    }
)
TASK_RULES: Final[Mapping[Action, tuple[Callable[[Actor, TaskFacts, datetime], Refusal | None], ...]]] = (
    MappingProxyType(
        {
            "see-case": (),
            "withdraw-case": (),
            "see-objector": (),
            "see-task": (_is_assigned,),
            "work-on-task": (_is_assigned, _is_open, _is_free, _is_in_time, _acts_in_one_role),
        }
    )
)
