"""The outside-check office served over HTTP, and clients of every kind for it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from camunda_orchestration_sdk import CamundaClient
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from service.commands import api_tokens
from service.domain.identity import SYSTEM
from service.store.session import db
from service.store.unit_of_work import transact
from tests.jobs.conftest import AT, PASSWORD, outside

__all__ = ["AT", "PASSWORD", "outside"]


class Bearer:
    """The SDK's way to send a token of ours."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


@dataclass
class Caller:
    """One account asking without the network."""

    client: FlaskClient
    headers: dict[str, str]

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self.send("POST", path, json={} if body is None else body, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.send("GET", path, **more)

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {**self.headers, **more.pop("headers", {})}
        with self.client.application.app_context():  # each request its own, as behind a server
            return self.client.open(path, method=method, headers=headers, **more)


@pytest.fixture
def call(outside: Flask) -> Callable[..., Caller]:
    """Ask as somebody by HTTP Basic; as nobody for an empty login."""

    def as_somebody(login: str = "", password: str = PASSWORD) -> Caller:
        db.session.remove()
        sent = base64.b64encode(f"{login}:{password}".encode()).decode()
        return Caller(outside.test_client(), {"Authorization": f"Basic {sent}"} if login else {})

    return as_somebody


@pytest.fixture
def served(outside: Flask) -> Iterator[str]:
    """The address of the application behind a real HTTP server."""
    server = make_server("127.0.0.1", 0, outside, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def sdk(served: str) -> Iterator[Callable[..., CamundaClient]]:
    """The official client as somebody: by password, or by a token narrowed to scopes."""
    opened: list[CamundaClient] = []

    def connect(login: str, *scopes: str, base: str = "") -> CamundaClient:
        address = {"CAMUNDA_REST_ADDRESS": served + base}
        if scopes:
            given = {"name": "sdk", "scopes": scopes, "days": 1, "login": login}
            token = transact(api_tokens.create, **given, actor=SYSTEM, now=AT)
            client = CamundaClient(configuration=address, auth_provider=Bearer(token))
        else:
            basic = {
                "CAMUNDA_AUTH_STRATEGY": "BASIC", "CAMUNDA_BASIC_AUTH_USERNAME": login,
                "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
            }  # fmt: skip
            client = CamundaClient(configuration={**address, **basic})
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()
