"""Give a message to the process of a case: taken at once by who waits for it, else kept in the state until somebody does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from service.commands.advance import Course, advance
from service.domain.errors import NotFound
from service.engine import Publish
from service.store import audit, instances
from service.store.cases import Case
from service.store.instances import Instance
from service.store.unit_of_work import UnitOfWork


def publish(work: UnitOfWork, case_id: int, name: str, variables: Mapping[str, Any] | None = None) -> Course:
    """Publish message `name` to the case, with the case as its correlation key; an ended case takes none (WrongCommand)."""
    instance_id = work.session.scalar(select(Instance.id).where(Instance.case_id == case_id))
    if instance_id is None:
        raise NotFound()
    instance = instances.lock(work.session, instance_id)
    case = work.session.get_one(Case, case_id)
    course = advance(work, case, instance, Publish(name, str(case_id), dict(variables or {})))
    audit.record(work, "message-published", "message", name, {"name": name, **course.trail()}, case_id=case_id)
    return course
