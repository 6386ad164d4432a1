"""What a person is to a task and to its case: the ground on which `domain/verbs` says who may do what."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from service.domain.access import CaseFacts, has_conflict, has_remit, may, reads_as_party
from service.domain.identity import Actor
from service.domain.verbs import Standing
from service.store.access import case_facts
from service.store.cases import Case
from service.store.task_ground import TaskGround
from service.store.user_tasks import COMPLETED, OPEN, LoadedTask


def to_task(
    session: Session,
    actor: Actor,
    loaded: LoadedTask,
    ground: TaskGround,
    *,
    supervising: Collection[str],
    now: datetime,
    rule: CaseFacts | None = None,
) -> frozenset[Standing]:
    """What the actor is to the task and its case; empty for a stranger. `supervising`: roles told of what is late.

    `rule` is what was read of the case for this actor in the same transaction, if it was.
    """
    task = loaded.task
    mine = {actor.user_id, actor.stands_in(task.assignee_id, ground.groups)} - {None}
    found = set(to_case(session, actor, loaded.case, supervising, now, rule=rule))
    if task.status == OPEN:
        found |= {
            standing
            for standing, holds in {
                Standing.FREE: task.assignee_id is None and loaded.in_group,
                Standing.HOLDER: task.assignee_id in mine and task.owner_id is None,
                Standing.DELEGATE: task.assignee_id in mine and task.owner_id is not None,
                Standing.OWNER: task.owner_id is not None and task.owner_id == actor.user_id,
                Standing.SIGNER: actor.user_id in ground.signers,
                Standing.DOER: task.sealed is not None and task.sealed["by"] == actor.user_id,
            }.items()
            if holds
        }
    elif task.status == COMPLETED and task.completed_by == actor.user_id:
        found.add(Standing.DOER)
    if Standing.READER not in found:
        return frozenset()  # nothing of a case is done by who may not see it
    return frozenset(found)


def to_case(
    session: Session,
    actor: Actor,
    case: Case,
    supervising: Collection[str],
    now: datetime,
    *,
    rule: CaseFacts | None = None,
) -> frozenset[Standing]:
    """What the actor is to the case, whatever the task; `rule` as for `to_task`."""
    found: set[Standing] = set()
    facts = rule if rule is not None else case_facts(session, actor, case)
    if facts.seat is not None:
        found.add(Standing.EXPERT)
    if may(actor, "see-case", facts, now):
        found.add(Standing.READER)
        if may(actor, "keep-dates", facts, now):
            found.add(Standing.OFFICE)  # dates are kept of a draft, too; it is ended by nobody who may not see it
    if _supervises(actor, facts, supervising):
        found |= {Standing.READER, Standing.SUPERVISOR}
    if Standing.READER in found and not reads_as_party(actor, facts):
        found.add(Standing.STAFF)
    return frozenset(found)


def _supervises(actor: Actor, facts: CaseFacts, roles: Collection[str]) -> bool:
    if has_conflict(actor, facts):
        return False
    routed = [path for path in (facts.competent_path, facts.authority_path) if path]
    held = [grant.path for grant in actor.roles if grant.role in roles]
    return has_remit(actor, "administer", facts.authority_path) or any(
        path.startswith(mine) for path in routed for mine in held
    )
