"""Who the credentials of a request stand for, and what they are narrowed to."""

from __future__ import annotations

from typing import Any

from flask import g
from marshmallow import fields

from service.web.api.blueprint import ApiBlueprint, allows
from service.web.api.bodies import Body, Key
from service.web.security import who

pages = ApiBlueprint("api_me", __name__, url_prefix="/api/v1/me", description="Who is asking.")

Me = Body.from_dict(
    {
        "userKey": Key(required=True),
        "name": fields.String(required=True),
        "groups": fields.List(fields.String(), required=True),
        "scopes": fields.List(fields.String(), required=True),
    },
    name="Me",
)


@pages.get("")
@pages.gives(200, Me)
@allows("read")
def show() -> dict[str, Any]:
    """The account, the groups whose tasks it may take, and the scopes of the credentials."""
    actor = who()
    return {
        "userKey": actor.user_id,
        "name": actor.name,
        "groups": sorted(actor.groups),
        "scopes": sorted(g.scopes),
    }
