"""What every resource of `/v2` is made of: its blueprint, its shapes, and the field types of Camunda 8."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from flask import g, request
from marshmallow import Schema, fields

from service.domain.errors import InvalidInput, NotFound
from service.queries.search import key_of
from service.web.api.blueprint import ApiBlueprint
from service.web.api.bodies import Body, Key
from service.web.api.searching import PageEnd

TENANT: Final = "<default>"
FEATURES_OF: Final = "8.9.0"  # whose API this is; below 8.8.0 the Modeler does not offer to run


class V2Blueprint(ApiBlueprint):
    """A part of `/v2`, reached at `/programmes/<key>/v2` too, where it sees that programme only."""

    def __init__(self, name: str, module: str, description: str) -> None:
        super().__init__(f"v2_{name}", module, description=description)
        self.url_value_preprocessor(_take_programme)


def _take_programme(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.programme = (values or {}).pop("programme", "")


def programme() -> str:
    """The programme of the address; empty at plain `/v2`."""
    return str(g.programme)


class Instant(fields.Field[Any]):
    """An instant: ISO 8601 in UTC with milliseconds."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **more)

    def _serialize(self, value: datetime | None, *_more: Any, **_options: Any) -> str | None:
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None


def shape(called: str, /, **parts: fields.Field[Any]) -> type[Schema]:
    """A schema whose every field is sent, null where empty: the form that strict clients accept."""
    for part in parts.values():
        part.required = True
    return Body.from_dict(dict(parts), name=called)


@cache
def page_of(schema: type[Schema]) -> type[Schema]:
    """The envelope of a list of this shape."""
    name = schema.__name__
    return shape(f"{name}Page", items=fields.List(fields.Nested(schema)), page=fields.Nested(PageEnd))


def text(*, null: bool = False) -> fields.Field[Any]:
    """A text."""
    return fields.String(allow_none=null)


def key(*, null: bool = False) -> fields.Field[Any]:
    """A key."""
    return Key(allow_none=null)


def instant() -> fields.Field[Any]:
    """An instant or null."""
    return Instant(allow_none=True)


def nothing() -> fields.Field[Any]:
    """What Camunda 8 has and this service has not: always null."""
    return fields.String(allow_none=True)


def tags() -> fields.Field[Any]:
    """Tags, of which there are none."""
    return fields.List(fields.String())


def element_key(instance_id: int, engine_task: int) -> int:
    """The key of an element instance: its number within the process instance, and the instance's own."""
    return (instance_id << 20) + engine_task


def json_text(value: Any) -> str:
    """A value as JSON text, as variables and decisions give it."""
    return json.dumps(value, ensure_ascii=False)


def refuse_unless_empty(body: Mapping[str, Any], *names: str) -> None:
    """Refuse what Camunda 8 takes and this service does not, rather than leave it out in silence."""
    for name in names:
        if body.get(name):
            raise InvalidInput(field=name, zh="这里不提供这一项", en="is not offered here")


def key_in_address(value: str) -> int:
    """A key of the address; one that no key can be is a key that does not exist."""
    found = key_of(value)
    if found is None:
        raise NotFound()
    return found


def client() -> str:
    """What the program calls itself, for the audit trail."""
    return request.user_agent.string[:120]
