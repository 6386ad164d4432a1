"""Incidents: what got stuck, and the order to try it again."""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from service.commands import incidents as commands
from service.domain.errors import WrongState
from service.queries import process_instances
from service.queries.process_instances import IncidentRow
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api import searching
from service.web.api.blueprint import allows
from service.web.api.searching import SearchBody
from service.web.i18n import language
from service.web.security import moment, who
from service.web.v2.parts import (
    TENANT,
    V2Blueprint,
    element_key,
    instant,
    key,
    key_in_address,
    page_of,
    programme,
    shape,
    text,
)

part: Final = V2Blueprint("incidents", __name__, "Incidents and their resolution.")

Incident = shape(
    "Incident", incidentKey=key(), errorType=text(), errorMessage=text(), elementId=text(), elementInstanceKey=key(),
    jobKey=key(null=True), creationTime=instant(), state=text(), processDefinitionId=text(),
    processDefinitionKey=key(null=True), processInstanceKey=key(), rootProcessInstanceKey=key(), tenantId=text(),
)  # fmt: skip


class StillStuck(WrongState):
    """The step was tried again and failed again."""

    code = "still-stuck"
    zh = "重试过了，仍然停在同一处：{zh}"
    en = "It was tried again and is stuck at the same place: {en}"


@part.post("/incidents/search")
@part.takes(SearchBody)
@part.gives(200, page_of(Incident))
@allows("read")
def search(body: dict[str, Any]) -> dict[str, Any]:
    """Incidents of the cases whose running the account looks after, as an administrator of their authority."""
    return searching.envelope(
        process_instances.incidents(db.session(), who(), searching.read(body), programme()), _incident
    )


@part.get("/incidents/<key>")
@part.gives(200, Incident)
@allows("read")
def show(key: str) -> dict[str, Any]:
    """One incident."""
    return _incident(process_instances.incident(db.session(), who(), key_in_address(key), programme()))


@part.post("/incidents/<key>/resolution")
@part.gives(204)
@allows("operate")
def resolve(key: str) -> ResponseReturnValue:
    """Go on from where the token is parked; refused while the cause is still there."""
    actor = who()
    row = process_instances.incident(db.session(), actor, key_in_address(key), programme())
    if not transact(commands.retry, row.id, actor=actor, now=moment()):
        stuck = process_instances.incident(db.session(), actor, row.id)
        raise StillStuck(zh=stuck.zh, en=stuck.en)
    return "", 204


def _incident(row: IncidentRow) -> dict[str, Any]:
    return {
        "incidentKey": row.id, "errorType": row.type, "errorMessage": row.en if language() == "en" else row.zh,
        "elementId": row.element, "elementInstanceKey": element_key(row.instance_id, row.engine_task),
        "jobKey": row.job_id, "creationTime": row.opened_at, "state": row.state, "processDefinitionId": row.procedure,
        "processDefinitionKey": row.definition_id, "processInstanceKey": row.instance_id,
        "rootProcessInstanceKey": row.instance_id, "tenantId": TENANT,
    }  # fmt: skip
