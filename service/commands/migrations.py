"""Move a running case to another version of its programme."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import update

from service.commands.remits import require_remit
from service.commands.trail import note
from service.domain.errors import NotFound, WrongState
from service.engine import ElementInfo, Live, Renamed, migrate, view
from service.programmes.compiled import compiled_of
from service.programmes.moving import judge
from service.store import instances
from service.store.cases import Case
from service.store.deployments import Deployment
from service.store.incidents import Incident
from service.store.instances import Instance
from service.store.jobs import Job
from service.store.session import changed
from service.store.subscriptions import Subscription
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask

_Row: TypeAlias = UserTask | Timer | Subscription | Job | Incident


def move(work: UnitOfWork, instance_id: int, deployment_id: int, renamed: Renamed | None = None) -> bool:
    """Pin the case to the deployment and put its state under the new models; False if it is there already.

    What is open keeps its number, its candidates and its dates; names, forms and paths are those of the new version.
    The plan is made again under the lock. Raises WrongState where the case has ended or something stands in its way,
    NotFound for a deployment of another programme.
    """
    instance = instances.lock(work.session, instance_id)
    case = work.session.get_one(Case, instance.case_id)
    target = work.session.get(Deployment, deployment_id)
    if target is None or target.programme != case.programme:
        raise NotFound()
    require_remit(work, "design", code=compiled_of(work.session, instance.deployment_id).manifest.authority)
    if instance.deployment_id == deployment_id:
        return False
    if instance.ended:
        raise WrongState(zh="案件已经办结，留在原版本。", en="The case has ended and stays with its version.")
    problems = judge(work.session, instance, deployment_id, renamed or {}).problems
    if problems:
        raise WrongState(zh=problems[0].text("zh"), en=problems[0].text("en"))
    before = work.session.get_one(Deployment, instance.deployment_id)
    _move(work, instance, deployment_id, renamed or {})
    case.deployment_id = deployment_id
    details = {"from": before.version, "to": target.version, "digest": target.digest, "renamed": dict(renamed or {})}
    note(work, "version-changed", "instance", instance.id, details, case_id=case.id)
    return True


def _move(work: UnitOfWork, instance: Instance, deployment_id: int, renamed: Renamed) -> None:
    old, new = (compiled_of(work.session, id_).bundle for id_ in (instance.deployment_id, deployment_id))
    instance.deployment_id = deployment_id
    if instance.state is None:
        return
    state = migrate(old, new, instance.state, renamed)
    was = {live.task: live for live in view(old, instance.state)}
    instances.compare_and_set(work.session, instance, state=state, ended=False)
    for live in view(new, state):
        here = new.elements(live.process)[live.element]
        there = was[live.task]
        if live != there or here != old.elements(there.process)[there.element]:
            _rewrite(work, instance.id, live, here)


def _rewrite(work: UnitOfWork, instance_id: int, live: Live, here: ElementInfo) -> None:
    """The rows of a token, as the new version calls it; a computed form id was evaluated when the task opened."""
    place = {"element": live.element, "process": live.process}
    called = {**place, "name": live.name, "path": list(live.path), "properties": dict(here.properties)}
    shown = {} if here.form is not None and here.form.startswith("=") else {"form": here.form}
    rows: dict[type[_Row], dict[str, Any]] = {
        UserTask: {**called, **shown},
        Timer: place,
        Subscription: place,
        Job: place,
        Incident: {"element": live.element, "name": live.name},
    }
    for table, values in rows.items():
        mine = (table.instance_id == instance_id, table.engine_task == live.task)
        changed(work.session, update(table).where(*mine).values(**values))
