"""`/v2` as one thing: every part at its plain address and at each programme's, and the OpenAPI document."""

from __future__ import annotations

from typing import Final

from flask import Flask

from service.web.api.blueprint import Api
from service.web.v2 import cluster, definitions, deployments, incidents, instances, jobs, messages, user_tasks

PARTS: Final = (
    cluster.part, deployments.part, definitions.part, instances.part, user_tasks.part, incidents.part, messages.part,
    jobs.part,
)  # fmt: skip


def install_v2(app: Flask) -> None:
    """Attach every part; a client that names the programme by its base address reaches the same views."""
    api = Api(app, prefix="V2", title="申报 Shenbao: Camunda 8 REST", version="2", address="/v2")
    for part in PARTS:
        api.register_blueprint(part, url_prefix="/v2")
        app.register_blueprint(part, url_prefix="/programmes/<programme>/v2", name=f"{part.name}_of_programme")
