"""To which earlier steps an open task can be sent back, by the name on the diagram and with who did them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.access import OUTSIDE_ROLES, role_of
from service.engine import return_targets
from service.programmes.compiled import compiled_of
from service.store.cases import Case
from service.store.instances import Instance
from service.store.user_tasks import COMPLETED, UserTask
from service.store.users import User


@dataclass(frozen=True, slots=True)
class ReturnTarget:
    """An earlier step; `ways` are `walk` and `resume`, as the engine allows them. `path` leads there from the top."""

    key: str
    element: str
    path: tuple[str, ...]
    name: str
    who: tuple[str, ...]
    ways: frozenset[str]


def of_task(
    session: Session, task: UserTask, case: Case, instance: Instance, *, own: bool = False
) -> tuple[ReturnTarget, ...]:
    """Every step that was done before and that the engine can go back to, the newest first.

    `own` leaves out whatever would undo an act of an authority: a unit goes back over its own and its members' steps.
    """
    if instance.state is None:
        return ()
    done = session.execute(
        select(UserTask.path, User.name, UserTask.groups)
        .outerjoin(User, User.id == UserTask.completed_by)
        .where(UserTask.instance_id == instance.id, UserTask.status == COMPLETED)
        .order_by(UserTask.id.desc())
    ).all()
    bundle = compiled_of(session, case.deployment_id).bundle
    allowed = {one.path: one for one in return_targets(bundle, instance.state, task.engine_task)}
    order: dict[tuple[str, ...], dict[str, None]] = {}
    barred: set[tuple[str, ...]] = set()
    for row in done:
        path = tuple(row.path)
        step = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in allowed), None)
        if step is not None:
            order.setdefault(step, {})[row.name or "系统"] = None
            if own and (barred or not {role_of(key) for key in row.groups} <= OUTSIDE_ROLES):
                barred.add(step)  # and with it all that is older
    found = []
    for step, names in order.items():
        if step in barred:
            continue
        one = allowed[step]
        ways = {way for way, open_ in (("walk", one.walk), ("resume", one.resume)) if open_}
        found.append(ReturnTarget("/".join(step), step[-1], step, one.name or step[-1], tuple(names), frozenset(ways)))
    return tuple(found)
