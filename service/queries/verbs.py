"""Which verbs a person can do on a task or a case now, and what these may be given: people, steps, signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session, aliased

from service.domain.access import OUTSIDE_ROLES, CaseFacts, role_of
from service.domain.deadlines import local_date
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.domain.verbs import CASE_VERBS, TOLD, VERBS, Hindrance, Standing, Verb, offered
from service.programmes import return_targets
from service.programmes.compiled import compiled_of
from service.programmes.return_targets import ReturnTarget
from service.programmes.supervision import supervising
from service.programmes.task_forms import continued_form
from service.queries.paging import Choice, choice
from service.store import standings, user_tasks
from service.store.access import case_facts, may_see
from service.store.cases import Case
from service.store.instances import Instance
from service.store.organisations import Organisation
from service.store.signatures import REMOVED, Signature
from service.store.task_ground import TaskGround, hindrances, task_ground
from service.store.user_tasks import LoadedTask, TaskGroup
from service.store.users import Grant, User, is_valid

MOST_PEOPLE = 200
Chosen = tuple[LoadedTask, ...]
BY_THEMSELVES = frozenset({"claim", "release", "complete"})  # they have buttons of their own


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """Somebody asked to sign."""

    signature_id: int
    who: str
    place: str
    state: str
    asked_by: str
    question: str
    agrees: bool | None
    opinion: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskVerbs:
    """What this person can do with the task besides its form, and what stands in the way of it."""

    loaded: LoadedTask
    verbs: tuple[Verb, ...]
    standings: frozenset[Standing]
    hindrances: tuple[Hindrance, ...]
    signatures: tuple[SignatureRow, ...]
    owner: str

    def told(self, language: str) -> tuple[str, ...]:
        """What stands in the way, in words; that the task is closed its page says itself."""
        at = 1 if language == "en" else 0
        return tuple(TOLD[one][at] for one in self.hindrances if one is not Hindrance.CLOSED)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody a task may be given to."""

    user_id: int
    name: str
    organisation: str


def of_task(session: Session, actor: Actor, task_id: int, now: datetime) -> TaskVerbs:
    """The verbs on a task; raises NotFound to whoever may not see its case."""
    loaded = user_tasks.load(session, task_id, actor)
    ground = task_ground(
        session, loaded.task, person=actor.user_id, expert=actor.expert_id, form=continued_form(loaded.task), now=now
    )
    rule = case_facts(session, actor, loaded.case)
    return of_loaded(session, actor, loaded, ground=ground, rule=rule, now=now)


def of_loaded(
    session: Session, actor: Actor, loaded: LoadedTask, *, ground: TaskGround, rule: CaseFacts, now: datetime
) -> TaskVerbs:
    """`of_task` with what has been read already; `ground` and `rule` are of this actor."""
    task, case, task_id = loaded.task, loaded.case, loaded.task.id
    roles = supervising(compiled_of(session, case.deployment_id).manifest)
    found = standings.to_task(session, actor, loaded, ground, supervising=roles, now=now, rule=rule)
    if not found:
        raise NotFound()
    hindering = hindrances(task, case, ground)
    verbs = [verb for verb in offered(VERBS.values(), found, hindering) if verb.key not in BY_THEMSELVES]
    asked = signatures(session, task_id) if ground.asked else ()
    unsigned = any(one.state == "open" for one in asked)
    verbs = [verb for verb in verbs if "signature" not in verb.takes or unsigned]
    if found & {Standing.HOLDER, Standing.DELEGATE}:
        verbs = [verb for verb in verbs if verb.key != "urge"]
    if ground.is_first or not _leads_back(session, loaded, found, verbs):
        verbs = [verb for verb in verbs if "target" not in verb.takes]
    owner = session.scalar(select(User.name).where(User.id == task.owner_id)) if task.owner_id else ""
    return TaskVerbs(loaded, tuple(verbs), found, hindering, asked, owner or "")


def _leads_back(session: Session, loaded: LoadedTask, found: frozenset[Standing], verbs: Iterable[Verb]) -> bool:
    """Whether there is a step to send it back to; of an authority's tasks it is taken as given after the first."""
    asked = Standing.STAFF not in found and any("target" in verb.takes for verb in verbs)
    return not asked or bool(targets(session, loaded, found))


def of_invitation(loaded: LoadedTask) -> TaskVerbs:
    """No verb: who is only invited to a case answers the invitation and does nothing else with it."""
    return TaskVerbs(loaded, (), frozenset(), (), (), "")


def goes_on(session: Session, actor: Actor, task_id: int, now: datetime) -> bool:
    """Whether the person can go on with the task; who has handed it over may have no part in the case any more."""
    try:
        found = of_task(session, actor, task_id, now)
    except NotFound:
        return False
    return bool(found.standings & {Standing.HOLDER, Standing.DELEGATE, Standing.FREE}) and not found.hindrances


def of_case(session: Session, actor: Actor, case_id: int, rule: CaseFacts, now: datetime) -> tuple[Verb, ...]:
    """The verbs on a case that the person may see; `rule` is what was read of the case for this person."""
    case = session.get_one(Case, case_id)
    roles = supervising(compiled_of(session, case.deployment_id).manifest)
    found = standings.to_case(session, actor, case, roles, now, rule=rule)
    hindering = {Hindrance.CLOSED: case.ended_at is not None, Hindrance.SUSPENDED: case.suspended_at is not None}
    return tuple(offered(CASE_VERBS.values(), found, [one for one, holds in hindering.items() if holds]))


def chosen(session: Session, actor: Actor, task_ids: Sequence[int]) -> Chosen:
    """Those of some tasks whose cases exist for the actor, in the order given; at most MOST_PEOPLE of them."""
    found = []
    for task_id in list(dict.fromkeys(task_ids))[:MOST_PEOPLE]:
        try:
            loaded = user_tasks.load(session, task_id, actor)
        except NotFound:
            continue
        if loaded.in_group or loaded.task.assignee_id == actor.user_id or may_see(session, actor, loaded.case.id):
            found.append(loaded)
    return tuple(found)


def signatures(session: Session, task_id: int) -> tuple[SignatureRow, ...]:
    """Everybody asked to sign the task, without those who need not any more."""
    asker = aliased(User)
    found = session.execute(
        select(Signature, User.name, asker.name)
        .join(User, User.id == Signature.user_id)
        .join(asker, asker.id == Signature.asked_by)
        .where(Signature.task_id == task_id, Signature.state != REMOVED)
        .order_by(Signature.id)
    )
    return tuple(
        SignatureRow(one.id, who, one.place, one.state, by, one.question, one.agrees, one.opinion, one.closed_at)
        for one, who, by in found
    )


def targets(session: Session, loaded: LoadedTask, found: frozenset[Standing]) -> tuple[ReturnTarget, ...]:
    """The steps that the task may be sent back to by who is `found` to it, the newest first."""
    instance = session.scalars(select(Instance).where(Instance.id == loaded.task.instance_id)).one()
    own = Standing.STAFF not in found
    return return_targets.of_task(session, loaded.task, loaded.case, instance, own=own)


def people(
    session: Session, actor: Actor, loaded: Sequence[LoadedTask], now: datetime, name: str = ""
) -> Choice[PersonRow]:
    """To whom all of these tasks may be given: their groups, and staff where these are; `name` narrows the list.

    A conflict is judged for each task when it is given.
    """
    if not loaded:
        return Choice()
    of_task: dict[int, set[str]] = {one.task.id: set() for one in loaded}
    found = session.execute(select(TaskGroup.task_id, TaskGroup.group_key).where(TaskGroup.task_id.in_(of_task)))
    for task_id, key in found:
        of_task[task_id].add(key)
    wanted = [_holding(keys, now) for keys in {frozenset(keys) for keys in of_task.values()}]
    holders = {one.task.assignee_id for one in loaded if one.task.assignee_id is not None}
    rows = session.execute(
        select(User.id, User.name, Organisation.name)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
        .where(User.active, User.name.contains(name, autoescape=True), *(User.id.in_(one) for one in wanted))
        .where(User.id != actor.user_id, User.id.not_in(holders))
        .order_by(User.name, User.id)
        .limit(MOST_PEOPLE + 1)
    )
    return choice([PersonRow(row[0], row[1], row[2] or "") for row in rows], MOST_PEOPLE)


def _holding(keys: Iterable[str], now: datetime) -> Select[int]:
    """The ids of those who hold a role of one of these groups, or work where the group does."""
    wanted: list[ColumnElement[bool]] = []
    for key in keys:
        role, _, place = key.partition("@")
        if not place.isdigit():
            continue
        at = Grant.organisation_id == int(place)
        wanted.append(and_(at, Grant.role == role))
        if role_of(key) not in OUTSIDE_ROLES:
            wanted.append(and_(at, Grant.role.not_in(sorted(OUTSIDE_ROLES))))
    return select(Grant.user_id).where(or_(false(), *wanted), is_valid(local_date(now)))
