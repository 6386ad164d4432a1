"""The desks that only some of the staff have: receipt of papers, registration of units. In one statement."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.queries.paper_desk import RECEIPT_FORM
from service.store.organisations import Organisation
from service.store.registrations import answered_for
from service.store.user_tasks import OPEN, TaskGroup, UserTask


@dataclass(frozen=True, slots=True)
class Desks:
    """Whether there are papers for the actor to receive, and departments whose units' registrations are the actor's."""

    papers: bool = False
    registrations: bool = False


def desks(session: Session, actor: Actor) -> Desks:
    """The desks that are the actor's now."""
    in_group = exists().where(TaskGroup.task_id == UserTask.id, TaskGroup.group_key.in_(sorted(actor.groups)))
    receipts = exists().where(
        UserTask.status == OPEN,
        UserTask.form == RECEIPT_FORM,
        or_(UserTask.assignee_id == actor.user_id, in_group),
    )
    departments = exists().where(answered_for(actor))
    found = session.execute(select(receipts, departments).select_from(Organisation).limit(1)).first()
    return Desks(*found) if found is not None else Desks()
