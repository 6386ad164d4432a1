"""Give a message or a signal to the process of one case; a message that nobody there waits for is kept in its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.commands.advance import Course, advance
from service.commands.trail import note
from service.engine import Broadcast, Publish
from service.store import instances
from service.store.cases import Case
from service.store.unit_of_work import UnitOfWork


def publish(
    work: UnitOfWork,
    case_id: int,
    name: str,
    variables: Mapping[str, Any] | None = None,
    *,
    while_suspended: bool = False,
) -> Course:
    """Publish message `name` to the case, with the case's id as correlation key.

    Raises NotFound for an unknown case, WrongCommand for one that has ended, CaseSuspended unless it passes all the
    same.
    """
    instance = instances.lock_of_case(work.session, case_id)
    case = work.session.get_one(Case, case_id, populate_existing=True)
    command = Publish(name, str(case_id), dict(variables or {}))
    course = advance(work, case, instance, command, while_suspended=while_suspended)
    note(work, "message-published", "message", name, {"name": name, **course.trail()}, case_id=case_id)
    return course


def broadcast(work: UnitOfWork, case_id: int, name: str, variables: Mapping[str, Any] | None = None) -> Course | None:
    """Give signal `name` to the case; None where it has ended: a signal waits for nobody. Raises CaseSuspended."""
    instance = instances.lock_of_case(work.session, case_id)
    if instance.ended:
        return None
    case = work.session.get_one(Case, case_id, populate_existing=True)
    course = advance(work, case, instance, Broadcast(name, dict(variables or {})))
    note(work, "signal-received", "signal", name, {"name": name, **course.trail()}, case_id=case_id)
    return course
