"""Running and ended processes with their variables and incidents, as programs ask for them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, literal, or_, select
from sqlalchemy.orm import Session

from service.domain.access import reads_as_party
from service.domain.errors import InvalidInput, NotFound
from service.domain.identity import Actor
from service.engine import variables_of
from service.programmes.compiled import compiled_of
from service.queries.search import Condition, Field, Found, Listing, Search, key_of, run
from service.store.access import case_facts, of_remit, visible
from service.store.cases import Case
from service.store.definitions import PROCESS, Definition
from service.store.deployments import Deployment
from service.store.incidents import Incident
from service.store.instances import Instance
from service.store.jobs import Job

InstanceRow = Row[Any]
IncidentRow = Row[Any]

#: What an incident's code is called by Camunda 8; every other code is UNKNOWN there.
ERROR_TYPES: Final = {
    "condition": "CONDITION_ERROR", "no-flow": "CONDITION_ERROR", "job-no-retries": "JOB_NO_RETRIES",
    "uncaught-error": "UNHANDLED_ERROR_EVENT", "evaluation": "EXTRACT_VALUE_ERROR",
    "assignment": "EXTRACT_VALUE_ERROR", "not-storable": "IO_MAPPING_ERROR", "decision": "DECISION_EVALUATION_ERROR",
}  # fmt: skip
STOPPED: Final = ("withdrawn", "cancelled")

_HAS_INCIDENT: Final = exists().where(Incident.instance_id == Instance.id, Incident.state == "open")
_STATE: Final = case(
    (and_(Instance.ended.is_(False), Case.suspended_at.is_not(None)), "SUSPENDED"),
    (Instance.ended.is_(False), "ACTIVE"),
    (Case.state.in_(STOPPED), "TERMINATED"),
    else_="COMPLETED",
)
INSTANCES: Final = Listing(
    {
        "processInstanceKey": Field(Instance.id, "key"),
        "processDefinitionKey": Field(Definition.id, "key", nullable=True),
        "processDefinitionId": Field(Case.procedure),
        "processDefinitionName": Field(Definition.title, nullable=True),
        "processDefinitionVersion": Field(Deployment.version, "number"),
        "startDate": Field(Case.started_at, "instant"),
        "endDate": Field(Case.ended_at, "instant", nullable=True),
        "suspendedDate": Field(Case.suspended_at, "instant", nullable=True),
        "state": Field(_STATE, only=("ACTIVE", "COMPLETED", "SUSPENDED", "TERMINATED")),
        "hasIncident": Field(_HAS_INCIDENT, "truth"),
        "parentProcessInstanceKey": Field(literal(None, Instance.id.type), "key", nullable=True),
    },
    Instance.id,
)
_INCIDENT_TYPE: Final = case(*((Incident.code == code, kind) for code, kind in ERROR_TYPES.items()), else_="UNKNOWN")
_INCIDENT_STATE: Final = case((Incident.state == "open", "ACTIVE"), else_="RESOLVED")
INCIDENTS: Final = Listing(
    {
        "incidentKey": Field(Incident.id, "key"),
        "processInstanceKey": Field(Incident.instance_id, "key"),
        "processDefinitionId": Field(Case.procedure),
        "processDefinitionKey": Field(Definition.id, "key", nullable=True),
        "elementId": Field(Incident.element),
        "errorType": Field(_INCIDENT_TYPE),
        "creationTime": Field(Incident.opened_at, "instant"),
        "state": Field(_INCIDENT_STATE, only=("ACTIVE", "MIGRATED", "PENDING", "RESOLVED", "UNKNOWN")),
    },
    Incident.id,
)


def _joined(
    statement: Select[*tuple[Any, ...]], allowed: ColumnElement[bool], programme: str
) -> Select[*tuple[Any, ...]]:
    """With the case and its definition, of the cases that are allowed."""
    found = (
        statement.join(Case, Case.id == Instance.case_id)
        .join(Deployment, Deployment.id == Case.deployment_id)
        .outerjoin(
            Definition,
            and_(
                Definition.deployment_id == Case.deployment_id,
                Definition.kind == PROCESS,
                Definition.name == Case.procedure,
            ),
        )
        .where(allowed)
    )
    return found.where(Case.programme == programme) if programme else found


def _instances(actor: Actor, programme: str) -> Select[*tuple[Any, ...]]:
    chosen = select(
        Instance.id, Case.id.label("case_id"), Case.procedure, Case.started_at, Case.ended_at, Case.suspended_at,
        Deployment.version, Definition.id.label("definition_id"), Definition.title,
        _STATE.label("state"), _HAS_INCIDENT.label("has_incident"),
    )  # fmt: skip
    return _joined(chosen, or_(visible(actor), of_remit(actor, "administer")), programme)


def page(session: Session, actor: Actor, search: Search, programme: str = "") -> Found:
    """Process instances that the actor may see or whose running the actor looks after; a case is one."""
    return run(session, INSTANCES, _instances(actor, programme), search)


def of_key(session: Session, actor: Actor, key: int, programme: str = "") -> InstanceRow:
    """The instance with this key; raises NotFound for what does not exist for the actor."""
    found = session.execute(_instances(actor, programme).where(Instance.id == key)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def key_of_case(session: Session, case_id: int) -> int:
    """The key of a case's instance, for who has just started it and may not see it yet."""
    return session.scalars(select(Instance.id).where(Instance.case_id == case_id)).one()


def incidents(session: Session, actor: Actor, search: Search, programme: str = "") -> Found:
    """Incidents, resolved ones too, for who looks after the running: a party must not read what an error may tell."""
    return run(session, INCIDENTS, _incidents(actor, programme), search)


def incident(session: Session, actor: Actor, key: int, programme: str = "") -> IncidentRow:
    """The incident with this key; raises NotFound for what does not exist for the actor."""
    found = session.execute(_incidents(actor, programme).where(Incident.id == key)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _incidents(actor: Actor, programme: str) -> Select[*tuple[Any, ...]]:
    chosen = (
        select(
            Incident.id, Incident.instance_id, Incident.case_id, Incident.engine_task, Incident.element,
            Incident.zh, Incident.en, Incident.opened_at, Case.procedure, Definition.id.label("definition_id"),
            Job.id.label("job_id"), _INCIDENT_TYPE.label("type"), _INCIDENT_STATE.label("state"),
        )
        .join(Instance, Instance.id == Incident.instance_id)
        .outerjoin(Job, and_(Job.instance_id == Incident.instance_id, Job.engine_task == Incident.engine_task))
    )  # fmt: skip
    return _joined(chosen, of_remit(actor, "administer"), programme)


@dataclass(frozen=True, slots=True)
class VariableRow:
    """One variable of the top process; `value` is JSON text."""

    key: int
    name: str
    value: str
    instance_id: int
    scope: int


def variables(session: Session, actor: Actor, search: Search, programme: str = "") -> tuple[VariableRow, ...]:
    """The variables of one instance, in the order of their names; `processInstanceKey` has to be asked for.

    Only for who reads the case by office: its parties and experts, and who only looks after its running, get none.
    """
    wanted = {one.field: one for one in search.conditions}
    instance_key = _asked_key(wanted.pop("processInstanceKey", None) or wanted.get("scopeKey"))
    statement = select(Case, Instance).join(Instance, Instance.case_id == Case.id)
    statement = statement.where(Instance.id == instance_key, visible(actor))
    if programme:
        statement = statement.where(Case.programme == programme)
    row = session.execute(statement).one_or_none()
    if row is None or row.Instance.state is None or reads_as_party(actor, case_facts(session, actor, row.Case)):
        return ()
    found = variables_of(compiled_of(session, row.Instance.deployment_id).bundle, row.Instance.state)
    rows = (_variable(row.Instance.id, row.Instance.id, name, value) for name, value in sorted(found.items()))
    return tuple(one for one in rows if all(_meets(one, condition) for condition in wanted.values()))


def _variable(instance_id: int, scope: int, name: str, value: Any) -> VariableRow:
    digest = hashlib.sha256(f"{scope}/{name}".encode()).digest()
    return VariableRow(
        int.from_bytes(digest[:7], "big"), name, json.dumps(value, ensure_ascii=False), instance_id, scope
    )


def local_variables(instance_id: int, scope: int, inputs: dict[str, Any]) -> tuple[VariableRow, ...]:
    """The local variables of a task: its inputs."""
    return tuple(_variable(instance_id, scope, name, value) for name, value in sorted(inputs.items()))


def _asked_key(condition: Condition | None) -> int:
    key = key_of(condition.value) if condition is not None and condition.op == "eq" else None
    if key is None:
        zh, en = "请给出一个流程实例的键", "one process instance has to be named"
        raise InvalidInput(field="filter.processInstanceKey", zh=zh, en=en)
    return key


def keeps(row: VariableRow, search: Search) -> bool:
    """Whether a variable meets the conditions of a search."""
    return all(_meets(row, condition) for condition in search.conditions)


def _meets(row: VariableRow, condition: Condition) -> bool:
    held = {"name": row.name, "value": row.value, "variableKey": str(row.key), "scopeKey": str(row.scope)}
    if condition.field not in held or condition.op not in ("eq", "in"):
        zh, en = "只能按 name、value、variableKey、scopeKey 相等筛选", "filter by name, value, variableKey or scopeKey"
        raise InvalidInput(field=f"filter.{condition.field}", zh=zh, en=en)
    wanted = condition.value if condition.op == "in" and isinstance(condition.value, list) else [condition.value]
    return held[condition.field] in wanted
