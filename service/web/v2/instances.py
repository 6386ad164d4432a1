"""Process instances: a case started, found and looked into."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from service.commands import case_verbs, cases
from service.domain.errors import InvalidInput
from service.queries import definitions, process_instances
from service.queries.process_instances import InstanceRow, VariableRow
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api import searching
from service.web.api.blueprint import allows
from service.web.api.bodies import Body, Key, Text
from service.web.api.searching import SearchBody
from service.web.i18n import gettext
from service.web.security import moment, who
from service.web.v2.parts import (
    TENANT,
    V2Blueprint,
    client,
    instant,
    key,
    key_in_address,
    nothing,
    page_of,
    programme,
    refuse_unless_empty,
    shape,
    tags,
    text,
)

part: Final = V2Blueprint("instances", __name__, "Process instances and their variables.")
LONGEST_VALUE: Final = 8192  # characters of a variable in a list, unless truncateValues=false
MOST_VARIABLES: Final = 100

ProcessInstance = shape(
    "ProcessInstance", processInstanceKey=key(), processDefinitionId=text(), processDefinitionName=text(null=True),
    processDefinitionVersion=fields.Integer(), processDefinitionVersionTag=nothing(),
    processDefinitionKey=key(null=True), state=text(), hasIncident=fields.Boolean(), startDate=instant(),
    endDate=instant(), suspendedDate=instant(), parentProcessInstanceKey=nothing(),
    parentElementInstanceKey=nothing(), rootProcessInstanceKey=key(), tenantId=text(), tags=tags(),
    businessId=nothing(),
)  # fmt: skip
CreatedInstance = shape(
    "CreatedInstance", processDefinitionId=text(), processDefinitionVersion=fields.Integer(),
    processDefinitionKey=key(), processInstanceKey=key(), tenantId=text(), variables=fields.Dict(), tags=tags(),
    businessId=nothing(),
)  # fmt: skip
Variable = shape(
    "Variable", variableKey=key(), name=text(), value=text(), isTruncated=fields.Boolean(), scopeKey=key(),
    processInstanceKey=key(), rootProcessInstanceKey=key(), tenantId=text(),
)  # fmt: skip


_NOT_OFFERED: Final = ("startInstructions", "runtimeInstructions", "awaitCompletion", "tags", "businessId")
CreationBody: Final = Body.from_dict(
    {
        "process_id": Text(200, data_key="processDefinitionId", load_default=""),
        "version": fields.Integer(
            data_key="processDefinitionVersion", load_default=-1, strict=True, allow_none=True,
            validate=validate.Range(-1, 2**31),
        ),
        "process_key": Key(data_key="processDefinitionKey", load_default=None),
        "variables": fields.Dict(keys=fields.String(), load_default=dict, allow_none=True),
        **{name: fields.Raw(allow_none=True) for name in _NOT_OFFERED},
    },
    name="Creation",
)  # fmt: skip


class CancellationBody(Body):
    """Why; Camunda 8 does not ask, so a client may leave it out."""

    reason = Text(500, load_default="", allow_none=True)


class TruncationQuery(Body):
    """Whether long values are cut off."""

    truncate = fields.Boolean(data_key="truncateValues", load_default=True)


@part.post("/process-instances")
@part.takes(CreationBody)
@part.gives(200, CreatedInstance)
@allows("work")
def create(body: dict[str, Any]) -> dict[str, Any]:
    """Start a case of a procedure in its newest version, by the rules of the desk."""
    refuse_unless_empty(body, *_NOT_OFFERED)
    session, actor = db.session(), who()
    row = _definition(body)
    newest = definitions.named(session, "process", row.name, programme=row.programme)
    if newest.id != row.id:
        zh, en = "只能启动最新版本", "is not the newest version, and only that is started"
        raise InvalidInput(field="processDefinitionVersion", zh=zh, en=en)
    if row.name not in definitions.manifest_of(session, row).procedures:
        zh, en = "这是被调用的环节，不是可以启动的程序", "is a stage that procedures call, not a procedure"
        raise InvalidInput(field="processDefinitionId", zh=zh, en=en)
    given = body["variables"] or {}
    case_id = transact(cases.start, row.programme, row.name, variables=given, actor=actor, now=moment())
    return {
        "processDefinitionId": row.name,
        "processDefinitionVersion": row.version,
        "processDefinitionKey": row.id,
        "processInstanceKey": process_instances.key_of_case(db.session(), case_id),
        "tenantId": TENANT,
        "variables": {},
        "tags": [],
        "businessId": None,
    }


def _definition(body: dict[str, Any]) -> definitions.DefinitionRow:
    if bool(body["process_id"]) == (body["process_key"] is not None):
        zh, en = "请给出 processDefinitionId 或 processDefinitionKey 之一", "one of id and key is needed"
        raise InvalidInput(field="processDefinitionId", zh=zh, en=en)
    if body["process_key"] is not None:
        return definitions.of_key(db.session(), "process", body["process_key"], programme())
    version = None if body["version"] in (None, -1) else body["version"]
    return definitions.named(db.session(), "process", body["process_id"], version=version, programme=programme())


@part.post("/process-instances/search")
@part.takes(SearchBody)
@part.gives(200, page_of(ProcessInstance))
@allows("read")
def search(body: dict[str, Any]) -> dict[str, Any]:
    """The instances of the cases the account may see, and of those it administers."""
    found = process_instances.page(db.session(), who(), searching.read(body), programme())
    return searching.envelope(found, _instance)


@part.get("/process-instances/<key>")
@part.gives(200, ProcessInstance)
@allows("read")
def show(key: str) -> dict[str, Any]:
    """One process instance."""
    return _instance(process_instances.of_key(db.session(), who(), key_in_address(key), programme()))


@part.post("/process-instances/<key>/cancellation")
@part.takes(CancellationBody)
@part.gives(204)
@allows("operate")
def cancel(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """End a case, as its office may; an applicant withdraws at the desk. The reason is read by the applicant."""
    row = process_instances.of_key(db.session(), who(), key_in_address(key), programme())
    reason = body["reason"] or gettext("经接口终止（%(client)s）", client=client())
    transact(case_verbs.cancel, row.case_id, reason, actor=who(), now=moment())
    return "", 204


@part.post("/variables/search")
@part.takes(TruncationQuery, location="query")
@part.takes(SearchBody)
@part.gives(200, page_of(Variable))
@allows("read")
def search_variables(query: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The variables of one process instance, for who reads the case by office."""
    found = process_instances.variables(db.session(), who(), searching.read(body), programme())
    return variable_page(found, cut=query["truncate"])


def variable_page(rows: tuple[VariableRow, ...], *, cut: bool) -> dict[str, Any]:
    """Variables in the envelope of a list; there are so few that they are one page."""
    return {
        "items": [_variable(row, cut=cut) for row in rows[:MOST_VARIABLES]],
        "page": {
            "totalItems": len(rows),
            "hasMoreTotalItems": len(rows) > MOST_VARIABLES,
            "startCursor": None,
            "endCursor": None,
        },
    }


def _variable(row: VariableRow, *, cut: bool) -> dict[str, Any]:
    long = cut and len(row.value) > LONGEST_VALUE
    return {
        "variableKey": row.key, "name": row.name, "value": row.value[:LONGEST_VALUE] if long else row.value,
        "isTruncated": long, "scopeKey": row.scope, "processInstanceKey": row.instance_id,
        "rootProcessInstanceKey": row.instance_id, "tenantId": TENANT,
    }  # fmt: skip


def _instance(row: InstanceRow) -> dict[str, Any]:
    return {
        "processInstanceKey": row.id, "processDefinitionId": row.procedure, "processDefinitionName": row.title,
        "processDefinitionVersion": row.version, "processDefinitionVersionTag": None,
        "processDefinitionKey": row.definition_id, "state": row.state, "hasIncident": row.has_incident,
        "startDate": row.started_at, "endDate": row.ended_at, "suspendedDate": row.suspended_at,
        "parentProcessInstanceKey": None, "parentElementInstanceKey": None, "rootProcessInstanceKey": row.id,
        "tenantId": TENANT, "tags": [], "businessId": None,
    }  # fmt: skip
