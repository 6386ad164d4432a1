"""Whatever is sent to the documented API, nothing is a 500, and every refusal is a problem that says where."""

from __future__ import annotations

import base64
import warnings
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings

from service.store.session import db
from tests.jobs.conftest import PASSWORD

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "reference"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("address", ["/v2", "/api/v1"])
def test_nothing_that_is_sent_is_a_500(outside: Flask, address: str) -> None:
    _fuzz(outside, address, 3)


@pytest.mark.proof
@pytest.mark.parametrize("address", ["/v2", "/api/v1"])
def test_nothing_of_much_more_is_a_500(outside: Flask, address: str) -> None:
    _fuzz(outside, address, 100)


def _fuzz(app: Flask, address: str, examples: int) -> None:
    """Every operation with so many generated requests, as an account that may do everything its role may."""
    schema = schemathesis.openapi.from_wsgi(f"{address}/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert operations
    for operation in operations:
        login = _who(operation.path)
        sent = base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
        for mode in schemathesis.GenerationMode:  # what the document allows, and what it does not
            _send_many(operation.as_strategy(generation_mode=mode), {"Authorization": f"Basic {sent}"}, examples)


def _send_many(cases: Any, headers: dict[str, str], examples: int) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def send(case: Any) -> None:
        db.session.remove()
        if isinstance(case.body, dict):
            case.body["requestTimeout"] = -1  # nothing here waits
        response = case.call(headers=headers)
        assert response.status_code < 500, (case.path, case.body, response.text)
        if response.status_code >= 400:
            problem = response.json()
            assert set(problem) == MEMBERS, problem
            assert problem["status"] == response.status_code

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hypothesis.errors.NonInteractiveExampleWarning)
        send()


def _who(path: str) -> str:
    """The account that gets furthest."""
    if "/jobs" in path or "/messages" in path:
        return "credit"
    if "/deployments" in path or "decision" in path:
        return "designer"
    return "admin" if "/incidents" in path else "office"
