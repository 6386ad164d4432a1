"""What clients ask before anything else: that there is a cluster, and who they are."""

from __future__ import annotations

from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue
from marshmallow import fields

from service.web.api.blueprint import allows
from service.web.security import who
from service.web.v2.parts import FEATURES_OF, TENANT, V2Blueprint, nothing, shape, text

part: Final = V2Blueprint("cluster", __name__, "Topology, status and the caller.")

_Partition = shape("Partition", partitionId=fields.Integer(), role=text(), health=text(), state=text())
_Broker = shape(
    "Broker", nodeId=fields.Integer(), brokerId=text(), host=text(), port=fields.Integer(), version=text(),
    partitions=fields.List(fields.Nested(_Partition)),
)  # fmt: skip
Topology = shape(
    "Topology", brokers=fields.List(fields.Nested(_Broker)), clusterId=text(), clusterSize=fields.Integer(),
    partitionsCount=fields.Integer(), replicationFactor=fields.Integer(), gatewayVersion=text(),
    lastCompletedChangeId=text(),
)  # fmt: skip
License = shape(
    "License", validLicense=fields.Boolean(), licenseType=text(), isCommercial=fields.Boolean(), expiresAt=nothing()
)
_Tenant = shape("Tenant", tenantId=text(), name=text(), description=text())
Caller = shape(
    "Caller", username=text(), displayName=text(), email=nothing(), authorizedComponents=fields.List(fields.String()),
    tenants=fields.List(fields.Nested(_Tenant)), groups=fields.List(fields.String()),
    roles=fields.List(fields.String()), salesPlanType=nothing(), c8Links=fields.Dict(), canLogout=fields.Boolean(),
)  # fmt: skip


@part.get("/topology")
@part.gives(200, Topology)
@allows("read")
def topology() -> dict[str, Any]:
    """One broker with one partition: the service itself."""
    partition = {"partitionId": 1, "role": "leader", "health": "healthy", "state": "active"}
    broker = {
        "nodeId": 0, "brokerId": "0", "host": "localhost", "port": 0, "version": FEATURES_OF, "partitions": [partition],
    }  # fmt: skip
    return {
        "brokers": [broker], "clusterId": "shenbao", "clusterSize": 1, "partitionsCount": 1, "replicationFactor": 1,
        "gatewayVersion": FEATURES_OF, "lastCompletedChangeId": "-1",
    }  # fmt: skip


@part.get("/status")
@part.gives(204)
@allows("read")
def status() -> ResponseReturnValue:
    """Nothing, when the service is there."""
    return "", 204


@part.get("/license")
@part.gives(200, License)
@allows("read")
def license_() -> dict[str, Any]:
    """Free software needs no licence key."""
    return {"validLicense": True, "licenseType": "Apache-2.0", "isCommercial": False, "expiresAt": None}


@part.get("/authentication/me")
@part.gives(200, Caller)
@allows("read")
def me() -> dict[str, Any]:
    """The caller; groups are those whose tasks and jobs the account may take."""
    actor = who()
    return {
        "username": str(actor.user_id), "displayName": actor.name, "email": None,
        "authorizedComponents": sorted(g.scopes), "groups": sorted(actor.groups), "canLogout": False,
        "tenants": [{"tenantId": TENANT, "name": TENANT, "description": ""}],
        "roles": sorted({grant.role for grant in actor.roles}), "salesPlanType": None, "c8Links": {},
    }  # fmt: skip
