"""User tasks and jobs as programs ask for them: those of the caller and of the caller's groups, nobody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.queries.search import Condition, Field, Found, Listing, Search, run, where
from service.store.access import fits_task
from service.store.cases import Case
from service.store.definitions import FORM, PROCESS, Definition
from service.store.deployments import Deployment
from service.store.instances import Instance
from service.store.jobs import Job, any_free
from service.store.user_tasks import TaskGroup, UserTask
from service.store.users import User

TaskRow = Row[Any]

# All that Camunda 8 knows: asking for one that never occurs here finds nothing, a misspelt one is refused.
TASK_STATES: Final = (
    "CREATING", "CREATED", "ASSIGNING", "UPDATING", "COMPLETING", "COMPLETED", "CANCELING", "CANCELED", "FAILED",
)  # fmt: skip
JOB_STATES: Final = (
    "CREATED", "COMPLETED", "FAILED", "RETRIES_UPDATED", "TIMED_OUT", "ERROR_THROWN", "CANCELED", "MIGRATED",
)  # fmt: skip

_TASK_STATE: Final = case(
    (UserTask.status == "open", "CREATED"), (UserTask.status == "completed", "COMPLETED"), else_="CANCELED"
)
_form = Definition.__table__.alias("form")
TASKS: Final = Listing(
    {
        "userTaskKey": Field(UserTask.id, "key"),
        "processInstanceKey": Field(UserTask.instance_id, "key"),
        "processDefinitionKey": Field(Definition.id, "key", nullable=True),
        "processDefinitionId": Field(Case.procedure),
        "elementId": Field(UserTask.element),
        "name": Field(UserTask.name),
        "state": Field(_TASK_STATE, only=TASK_STATES),
        "assignee": Field(User.login, nullable=True),
        "creationDate": Field(UserTask.opened_at, "instant"),
        "completionDate": Field(UserTask.closed_at, "instant", nullable=True),
        "dueDate": Field(UserTask.due_at, "instant", nullable=True),
        "priority": Field(UserTask.priority, "number"),
    },
    UserTask.id,
)


def tasks(session: Session, actor: Actor, search: Search, programme: str = "") -> Found:
    """Tasks that are or were the actor's, or may be taken by one of the actor's groups; three statements."""
    groups = [one for one in search.conditions if one.field == "candidateGroup"]
    rest = Search(
        tuple(one for one in search.conditions if one.field != "candidateGroup"),
        search.either, search.order, search.limit, search.skip, search.after, search.before,
    )  # fmt: skip
    statement = _tasks(actor, programme)
    for one in groups:
        statement = statement.where(_in_group(one))
    return run(session, TASKS, statement, rest)


def task(session: Session, actor: Actor, key: int, programme: str = "") -> TaskRow:
    """The task with this key; raises NotFound for what does not exist for the actor."""
    found = session.execute(_tasks(actor, programme).where(UserTask.id == key)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def groups_of(session: Session, task_ids: Sequence[int]) -> Mapping[int, list[str]]:
    """The candidate groups of tasks."""
    rows = session.execute(
        select(TaskGroup.task_id, TaskGroup.group_key)
        .where(TaskGroup.task_id.in_(task_ids))
        .order_by(TaskGroup.task_id, TaskGroup.group_key)
    )
    found: dict[int, list[str]] = {}
    for task_id, group in rows:
        found.setdefault(task_id, []).append(group)
    return found


def _in_group(one: Condition) -> ColumnElement[bool]:
    """A task with a group that meets the condition."""
    groups = Listing({"candidateGroup": Field(TaskGroup.group_key)}, TaskGroup.task_id)
    return exists().where(TaskGroup.task_id == UserTask.id, *where(groups, Search((one,))))


def _tasks(actor: Actor, programme: str) -> Select[*tuple[Any, ...]]:
    of_group = select(TaskGroup.task_id).where(TaskGroup.group_key.in_(sorted(actor.groups)))
    concerned = or_(
        UserTask.assignee_id == actor.user_id, UserTask.completed_by == actor.user_id, UserTask.id.in_(of_group)
    )
    found = (
        select(
            UserTask.id, UserTask.instance_id, UserTask.case_id, UserTask.engine_task, UserTask.element,
            UserTask.name, UserTask.form, UserTask.due_at, UserTask.opened_at, UserTask.closed_at, UserTask.priority,
            UserTask.inputs, UserTask.assignee_id, _TASK_STATE.label("state"), User.login.label("assignee"),
            Case.procedure, Case.deployment_id, Deployment.version, Definition.id.label("definition_id"),
            Definition.title, _form.c.id.label("form_id"), _form.c.path.label("form_path"),
        )
        .join(Case, Case.id == UserTask.case_id)
        .join(Deployment, Deployment.id == Case.deployment_id)
        .outerjoin(User, User.id == UserTask.assignee_id)
        .outerjoin(Definition, _defines(Definition.__table__.c, PROCESS, Case.procedure))
        .outerjoin(_form, _defines(_form.c, FORM, UserTask.form))
        .where(concerned, fits_task(actor))
    )  # fmt: skip
    return found.where(Case.programme == programme) if programme else found


def _defines(columns: Any, kind: str, name: Any) -> ColumnElement[bool]:
    return and_(columns.deployment_id == Case.deployment_id, columns.kind == kind, columns.name == name)


_JOB_STATE: Final = case(
    (and_(Job.state == "open", Job.error_message.is_not(None)), "FAILED"),
    (Job.state == "open", "CREATED"),
    (Job.state == "completed", "COMPLETED"),
    (Job.state == "failed", "FAILED"),
    (Job.state == "thrown", "ERROR_THROWN"),
    else_="CANCELED",
)
JOBS: Final = Listing(
    {
        "jobKey": Field(Job.id, "key"),
        "processInstanceKey": Field(Job.instance_id, "key"),
        "processDefinitionId": Field(Case.procedure),
        "processDefinitionKey": Field(Definition.id, "key", nullable=True),
        "elementId": Field(Job.element),
        "type": Field(Job.type),
        "worker": Field(Job.worker),
        "state": Field(_JOB_STATE, only=JOB_STATES),
        "retries": Field(Job.retries, "number"),
        "creationTime": Field(Job.opened_at, "instant"),
        "endTime": Field(Job.closed_at, "instant", nullable=True),
    },
    Job.id,
)


def jobs(session: Session, actor: Actor, search: Search, programme: str = "") -> Found:
    """Jobs of the actor's groups."""
    chosen = (
        select(
            Job.id, Job.instance_id, Job.engine_task, Job.element, Job.type, Job.worker, Job.retries, Job.headers,
            Job.free_at, Job.error_code, Job.error_message, Job.opened_at, Job.changed_at, Job.closed_at,
            _JOB_STATE.label("state"), Job.state.label("own_state"), Case.procedure,
            Definition.id.label("definition_id"),
        )
        .join(Instance, Instance.id == Job.instance_id)
        .join(Case, Case.id == Job.case_id)
        .outerjoin(Definition, _defines(Definition.__table__.c, PROCESS, Case.procedure))
        .where(Job.group_key.in_(sorted(actor.groups)))
    )  # fmt: skip
    if programme:
        chosen = chosen.where(Case.programme == programme)
    return run(session, JOBS, chosen, search)


def has_free_job(session: Session, actor: Actor, kind: str, now: datetime) -> bool:
    """Whether a job of this type is free for the actor; asked again and again by who waits for one."""
    return any_free(session, kind, actor.groups, now)


def process_keys(session: Session, deployment_ids: Sequence[int]) -> Mapping[tuple[int, str], tuple[int, int]]:
    """Key and version of every process of some deployments, by deployment and process id."""
    rows = session.execute(
        select(Definition.deployment_id, Definition.name, func.max(Definition.id), func.max(Deployment.version))
        .join(Deployment, Deployment.id == Definition.deployment_id)
        .where(Definition.deployment_id.in_(deployment_ids), Definition.kind == PROCESS)
        .group_by(Definition.deployment_id, Definition.name)
    )
    return {(deployment_id, name): (key, version) for deployment_id, name, key, version in rows}
