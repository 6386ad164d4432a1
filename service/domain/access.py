"""Who may do what: role ∧ organisation scope ∧ assignment ∧ no conflict of interest ∧ state, over plain values.

Lists are filtered in SQL by the same rule (store/access). What is out of the actor's scope is NotFound, never
NotAllowed: that something exists is already an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from service.domain.deadlines import is_over
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

Action: TypeAlias = Literal[
    "see-case",
    "withdraw-case",
    "see-objector",
    "keep-dates",
    "see-task",
    "work-on-task",
    "receive-task",
    "receive-copy",
]
Remit: TypeAlias = Literal["design", "administer", "audit", "keep-pool"]

# Roles held at a unit: they speak for it in its own case. Everybody else judges, and who judges has no part in it.
PARTY_ROLES: Final = frozenset({"lead", "applicant", "member", "unit-administrator"})
OUTSIDE_ROLES: Final = PARTY_ROLES | {"expert"}
# Roles that keep the service running; what a case holds is not theirs to read. An auditor reads, and acts on nothing.
HOUSE_ROLES: Final = frozenset({"designer", "administrator", "operator"})
READING_ROLES: Final = frozenset({"auditor"})
# Roles of programs outside begin so: they take jobs and send messages, and read no case by office.
PROGRAM: Final = "program-"
# What each remit over an authority asks for.
REMIT_ROLES: Final[Mapping[Remit, frozenset[str]]] = MappingProxyType(
    {
        "design": frozenset({"designer", "administrator"}),
        "administer": frozenset({"administrator"}),
        "audit": READING_ROLES,
        "keep-pool": frozenset({"office"}),
    }
)
# Two roles that one account never holds: who changes the service is not who reads its trail. Source: domain §15.
APART: Final = (
    (HOUSE_ROLES, READING_ROLES),
    (OUTSIDE_ROLES, HOUSE_ROLES | READING_ROLES),
)


@dataclass(frozen=True, slots=True)
class Touch:
    """A task of the case as it concerns one actor: `own` if it is or was the actor's."""

    groups: frozenset[str]
    own: bool = False
    open: bool = True

    def concerns(self, actor: Actor) -> bool:
        """Whether it is or was the actor's, or is open to one of the actor's groups."""
        return self.own or (self.open and not actor.groups.isdisjoint(self.groups))


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the rule asks about a case for one actor. Paths are those of its competent department and its authority."""

    applicant_id: int | None = None
    competent_path: str | None = None
    authority_path: str | None = None
    units: frozenset[str] = frozenset()  # credit codes and names of the applicant and the members
    seat: Literal["invited", "answered", "declined"] | None = None  # the actor's newest seat on a panel of the case
    touches: tuple[Touch, ...] = ()
    submitted: bool = True
    ended: bool = False
    papers_sent: bool = False
    decided: bool = False  # only its filing is left
    shown: bool = False  # sent to the actor for reading, or for a signature


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What the rule asks about a task; `acted` are element and role of each the actor had a hand in."""

    case: CaseFacts
    groups: frozenset[str]
    status: str = "open"
    assignee_id: int | None = None
    completed_by: int | None = None
    holder: str = ""  # name of the assignee, or of who completed it
    since: datetime | None = None  # when it was claimed or closed
    over_at: datetime | None = None  # when its period ends, if acts after it are refused
    acted: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    not_by: frozenset[str] = frozenset()  # elements whose person may not do this one, whatever the role
    voted: bool = False  # another vote of the same round is the actor's


def may(actor: Actor, action: Action, about: CaseFacts | TaskFacts, now: datetime) -> bool:
    """Whether the actor may do this now."""
    return why_not(actor, action, about, now) is None


def why_not(actor: Actor, action: Action, about: CaseFacts | TaskFacts, now: datetime) -> Refusal | None:
    """The refusal to raise, or None. The clock and the system act in the service's own name and are not asked.

    Raises KeyError for an action that has no rule about such facts: what nobody has thought of is not allowed.
    """
    if isinstance(about, TaskFacts):
        found = (rule(actor, about, now) for rule in TASK_RULES[action])
    else:
        found = (rule(actor, about) for rule in CASE_RULES[action])
    return next((refusal for refusal in found if refusal is not None), None) if actor.is_person else None


def require(actor: Actor, action: Action, about: CaseFacts | TaskFacts, now: datetime) -> None:
    """Raise the refusal, if there is one."""
    refusal = why_not(actor, action, about, now)
    if refusal is not None:
        raise refusal


def has_remit(actor: Actor, remit: Remit, authority_path: str | None) -> bool:
    """Whether the actor has the remit over this authority; one without a place in the tree is nobody's.

    >>> from service.domain.identity import Grant
    >>> designer = Actor(7, "王敏", 1, frozenset({Grant("designer", 1, "/1/")}))
    >>> has_remit(designer, "design", "/1/5/"), has_remit(designer, "design", "/2/")
    (True, False)
    """
    if not actor.is_person:
        return True
    return authority_path is not None and any(authority_path.startswith(path) for path in remit_paths(actor, remit))


def remit_paths(actor: Actor, remit: Remit) -> tuple[str, ...]:
    """The paths of the organisations for which, and for all below which, the actor has the remit."""
    return actor.scopes(*REMIT_ROLES[remit])


def judging_paths(actor: Actor) -> tuple[str, ...]:
    """The paths at or below which the actor reads submitted cases by office."""
    reading = {grant.path for grant in actor.roles if is_office(grant.role) or grant.role in READING_ROLES}
    return tuple(sorted(reading))


def incompatible(roles: Iterable[str]) -> tuple[str, str] | None:
    """Two of these roles that one account may not hold together, or None.

    >>> incompatible(["auditor", "office", "administrator"])
    ('administrator', 'auditor')
    """
    held = frozenset(roles)
    for one, other in APART:
        if held & one and held & other:
            return min(held & one), min(held & other)
    return None


def has_conflict(actor: Actor, case: CaseFacts) -> bool:
    """Whether a unit of the case is the actor's own, employs the actor, or was declared as related; or a seat was left.

    Such a person judges nothing of the case, and does not learn of it by office.
    """
    return not actor.related_units.isdisjoint(case.units) or case.seat == "declined"


def reads_as_party(actor: Actor, case: CaseFacts) -> bool:
    """Whether the actor reads the case as one of its parties or its experts, in spite of any role at an authority."""
    if _applies(actor, case) or case.seat is not None or has_conflict(actor, case):
        return True
    by_task = any(one.concerns(actor) and role_names(one.groups) - OUTSIDE_ROLES for one in case.touches)
    return not (_judges(actor, case) or by_task)


def role_of(group_key: str) -> str:
    """The role in a group key.

    >>> role_of("local-clerk@5"), role_of("expert:3")
    ('local-clerk', 'expert')
    """
    return group_key.replace("@", ":").partition(":")[0]


def role_names(groups: Iterable[str]) -> frozenset[str]:
    """The roles in group keys."""
    return frozenset(role_of(key) for key in groups)


def _in_scope(actor: Actor, case: CaseFacts) -> Refusal | None:
    seen = _applies(actor, case) or _judges(actor, case) or _works(actor, case) or _is_shown(actor, case)
    return None if seen else NotFound()


def _applies(actor: Actor, case: CaseFacts) -> bool:
    return actor.organisation_id is not None and actor.organisation_id == case.applicant_id


def _judges(actor: Actor, case: CaseFacts) -> bool:
    """Staff see downwards only, nothing before it was submitted, and nothing of a related unit's."""
    if not case.submitted or has_conflict(actor, case):
        return False
    routed = [path for path in (case.competent_path, case.authority_path) if path]
    return any(path.startswith(mine) for path in routed for mine in judging_paths(actor))


def _works(actor: Actor, case: CaseFacts) -> bool:
    """A task lets its person in; an expert only after the invitation was answered, which declares no conflict."""
    for touch in case.touches:
        invited_only = case.seat == "invited" and role_names(touch.groups) <= {"expert"}
        if touch.concerns(actor) and fits(actor, case, touch.groups) and not invited_only:
            return True
    return False


def _is_shown(actor: Actor, case: CaseFacts) -> bool:
    return case.shown and not has_conflict(actor, case)


def fits(actor: Actor, case: CaseFacts, groups: frozenset[str]) -> bool:
    """In a conflict only what one does for the own unit is left, and tasks that judge nothing."""
    if not has_conflict(actor, case):
        return True
    as_party = role_names(actor.groups & groups) & PARTY_ROLES
    return bool(as_party) or role_names(groups) <= PARTY_ROLES


def _is_applicant(actor: Actor, case: CaseFacts) -> Refusal | None:
    if _applies(actor, case):
        return None
    return NotAllowed(why_zh="只有申报单位可以撤回。", why_en="Only the applicant can withdraw it.")


def _may_still_withdraw(_actor: Actor, case: CaseFacts) -> Refusal | None:
    """Until the papers of the meeting that decides were sent; a deliberate default where the notices say nothing.

    A case that is recognised directly meets no meeting: then until its document was confirmed. Source: domain §13.38.
    """
    if case.ended:
        return WrongState(zh="案件已经办结，不能撤回。", en="The case has ended and cannot be withdrawn.")
    if case.papers_sent:
        return WrongState(
            zh="会议材料已经印发，不能再撤回；如确有需要，请联系受理单位终止办理。",
            en="The papers of the meeting have been sent, so the case can no longer be withdrawn; ask the office.",
        )
    if case.decided:
        return WrongState(
            zh="案件已经决定，正在备案，不能再撤回；如确有需要，请联系受理单位。",
            en="The case has been decided and is being filed; it can no longer be withdrawn. Ask the office.",
        )
    return None


def _acts_for_authority(actor: Actor, case: CaseFacts) -> bool:
    if not (path := case.authority_path) or has_conflict(actor, case):
        return False
    return any(path.startswith(grant.path) for grant in actor.roles if is_office(grant.role))


def is_office(role: str) -> bool:
    """Whether who holds the role acts for an authority or department."""
    return role not in OUTSIDE_ROLES | HOUSE_ROLES | READING_ROLES and not role.startswith(PROGRAM)


def _knows_objector(actor: Actor, case: CaseFacts) -> Refusal | None:
    if _acts_for_authority(actor, case):
        return None
    return NotAllowed(why_zh="异议人身份仅受理单位可见。", why_en="Only the receiving authority sees who objected.")


def _keeps_dates(actor: Actor, case: CaseFacts) -> Refusal | None:
    """Also before the declaration was submitted: a training that starts its period may be held before."""
    if _acts_for_authority(actor, case):
        return None
    return _in_scope(actor, case) or NotAllowed(
        why_zh="日期由主办单位的人员记录和延长。", why_en="The authority's staff record and extend dates."
    )


def _is_assigned(actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    """The task is the actor's or a group's of the actor; a person in conflict does not even learn of it."""
    own = actor.user_id is not None and actor.user_id in (task.assignee_id, task.completed_by)
    concerned = own or not actor.groups.isdisjoint(task.groups)
    return None if concerned and fits(actor, task.case, task.groups) else NotFound()


def _may_be_given(actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    """To whom a task may be handed: one of its groups, or staff at the organisation of one of them; never in conflict.

    What speaks for a unit or belongs to one expert is not handed to a stranger.
    """
    if _is_entitled(actor, task) and fits(actor, task.case, task.groups):
        return None
    return NotAllowed(
        why_zh="不能交给这位人员：对方没有这项任务的角色，或需要回避。",
        why_en="The task cannot be given to this person, who has no role in it or has to stay out of the case.",
    )


def _is_entitled(actor: Actor, task: TaskFacts) -> bool:
    places = {key.partition("@")[2] for key in task.groups if role_of(key) not in OUTSIDE_ROLES}
    staff = {str(grant.organisation_id) for grant in actor.roles if is_office(grant.role)}
    return not actor.groups.isdisjoint(task.groups) or not places.isdisjoint(staff)


def _has_kept_role(actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    """Who has a task and has lost the role reads it and gives it back; to act on it is over at once.

    A task without groups was given to its assignee by the diagram.
    """
    if not task.groups or _is_entitled(actor, task):
        return None
    return NotAllowed(
        why_zh="您已没有这项任务的角色；请放回，或由负责人转办。",
        why_en="You no longer have a role in this task; release it, or let the head hand it on.",
    )


def _votes_once(_actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    if not task.voted:
        return None
    return NotAllowed(
        why_zh="一人在一轮表决里只投一票，这一票由另一位办理。",
        why_en="Each person has one vote in a round; somebody else gives this one.",
    )


def _is_open(_actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    if task.status == "open":
        return None
    return TaskAlreadyCompleted(who=task.holder or "系统", when=task.since or "")


def _is_free(actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    if task.assignee_id in {None, actor.user_id, actor.stands_in(task.assignee_id, task.groups)}:
        return None
    return TaskAlreadyClaimed(who=task.holder, when=task.since or "")


def _is_in_time(_actor: Actor, task: TaskFacts, now: datetime) -> Refusal | None:
    if task.over_at is None or not is_over(task.over_at, now):
        return None
    return DeadlinePassed(due=task.over_at)


def _acts_in_one_role(_actor: Actor, task: TaskFacts, _now: datetime) -> Refusal | None:
    """One person acts in one role of a case, and not in both steps that a task's property `not-by` keeps apart.

    Submitter ≠ local reviewer ≠ office handler ≠ decision recorder; who prepares is not who signs. Source: domain §15.
    """
    before, now_as = {role for _, role in task.acted}, role_names(task.groups)
    both_steps = task.not_by & {element for element, _ in task.acted}
    if not both_steps and (not before or not now_as or before & now_as):
        return None
    return NotAllowed(
        why_zh="您已用另一角色办理过本案，按规定须由他人办理这一步。",
        why_en="You acted in another role in this case; somebody else has to do this step.",
    )


CASE_RULES: Final[Mapping[Action, tuple[Callable[[Actor, CaseFacts], Refusal | None], ...]]] = MappingProxyType(
    {
        "see-case": (_in_scope,),
        "withdraw-case": (_in_scope, _is_applicant, _may_still_withdraw),
        "see-objector": (_in_scope, _knows_objector),
        "keep-dates": (_keeps_dates,),
    }
)
TASK_RULES: Final[Mapping[Action, tuple[Callable[[Actor, TaskFacts, datetime], Refusal | None], ...]]] = (
    MappingProxyType(
        {
            "see-task": (_is_assigned,),
            "work-on-task": (
                _is_assigned,
                _is_open,
                _is_free,
                _is_in_time,
                _has_kept_role,
                _acts_in_one_role,
                _votes_once,
            ),
            "receive-task": (_may_be_given, _is_open, _acts_in_one_role, _votes_once),
            "receive-copy": (_may_be_given,),
        }
    )
)
