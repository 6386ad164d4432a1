"""Messages from programs outside: published and kept for a while, or correlated now or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from marshmallow import fields, validate

from service.commands import outside_messages
from service.commands.correlation import LONGEST_KEPT, Correlated, Publication
from service.domain.errors import NotFound
from service.queries import process_instances
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api.blueprint import allows
from service.web.api.bodies import Body, Text
from service.web.security import moment, who
from service.web.v2.parts import TENANT, V2Blueprint, key, programme, shape, text

part: Final = V2Blueprint("messages", __name__, "Messages to waiting and new process instances.")
_LONGEST_MS: Final = int(LONGEST_KEPT.total_seconds() * 1000)

Published = shape("MessagePublication", messageKey=key(), tenantId=text())
Correlation = shape("MessageCorrelation", messageKey=key(), processInstanceKey=key(), tenantId=text())


class CorrelationBody(Body):
    """A message: its name, whom it is for, what it says."""

    name = Text(200, least=1, required=True)
    key = Text(200, data_key="correlationKey", load_default="", allow_none=True)
    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)


class PublicationBody(CorrelationBody):
    """And how long it is kept, in milliseconds, and the id that makes it one."""

    message_id = Text(200, data_key="messageId", load_default="", allow_none=True)
    kept = fields.Integer(
        data_key="timeToLive", load_default=0, allow_none=True, strict=True, validate=validate.Range(0, _LONGEST_MS)
    )


class NobodyWaits(NotFound):
    """No process instance waits for this message, and none begins with it."""

    code = "nobody-waits"
    zh = "没有流程实例在等待这条消息，也没有流程由它启动。"
    en = "No process instance waits for this message, and none begins with it."


@part.post("/messages/publication")
@part.takes(PublicationBody)
@part.gives(200, Published)
@allows("jobs")
def publish(body: dict[str, Any]) -> dict[str, Any]:
    """Give the message to who waits for it, and keep it for as long as asked."""
    done = _send(body, kept_for=timedelta(milliseconds=body["kept"] or 0), message_id=body["message_id"] or None)
    return {"messageKey": done.kept or 0, "tenantId": TENANT}


@part.post("/messages/correlation")
@part.takes(CorrelationBody)
@part.gives(200, Correlation)
@allows("jobs")
def correlate(body: dict[str, Any]) -> dict[str, Any]:
    """Give the message to who waits for it now; 404 when nobody does."""
    done = _send(body)
    taken = [*done.moved, *done.begun]
    if not taken:
        raise NobodyWaits()
    instance = process_instances.key_of_case(db.session(), taken[0])
    return {"messageKey": done.kept or 0, "processInstanceKey": instance, "tenantId": TENANT}


def _send(body: dict[str, Any], **more: Any) -> Correlated:
    message = Publication(body["name"], body["key"] or None, body["variables"] or {}, **more)
    return transact(outside_messages.publish, message, programme=programme(), actor=who(), now=moment())
