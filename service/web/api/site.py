"""The service's own API at `/api/v1`: its parts, and its OpenAPI document."""

from __future__ import annotations

from typing import Final

from flask import Flask

from service.web.api import lists, me, verbs
from service.web.api.blueprint import Api

PARTS: Final = (me.pages, lists.part, verbs.pages)


def install_api(app: Flask) -> None:
    """Attach every part of the API."""
    api = Api(app, prefix="API_V1", title="申报 Shenbao", version="1", address="/api/v1")
    for part in PARTS:
        api.register_blueprint(part)
