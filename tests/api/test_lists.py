"""The field's own lists: what is public without credentials, cases by the rule of the desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import Sign, basic, bearer
from tests.web.conftest import Browser


def test_the_register_and_the_notices_are_everybodys(client: FlaskClient) -> None:
    for path in ("/api/v1/register", "/api/v1/register?q=示例&state=filed", "/api/v1/notices"):
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json == {"items": [], "next": None}


def test_cases_are_those_the_account_may_see(client: FlaskClient, sign_in: Callable[[str], None], token: Sign) -> None:
    sign_in("lead")
    Browser(client).start()
    Browser(client).start()
    mine = client.get("/api/v1/cases?limit=1", headers=basic("lead")).json
    assert [(one["procedure"], one["state"], one["applicant"]) for one in mine["items"]] == [
        ("two-dates", "draft", "示例企业0有限公司")
    ]
    assert isinstance(mine["items"][0]["key"], str)
    rest = client.get(f"/api/v1/cases?limit=1&after={mine['next']}", headers=bearer(token("lead", "read"))).json
    assert (len(rest["items"]), rest["next"]) == (1, None)
    for login in ("office", "stranger", "designer"):
        assert client.get("/api/v1/cases", headers=basic(login)).json["items"] == []
    assert client.get("/api/v1/cases").status_code == 401


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "limit"), ("limit=101", "limit"), ("colour=red", "colour"), ("after=x", "after"),
        ("state=all", "state"), ("q=%00", "q"),
    ],
)  # fmt: skip
def test_a_wrong_query_is_refused_by_its_field(client: FlaskClient, query: str, place: str) -> None:
    answer = client.get(f"/api/v1/cases?{query}", headers=basic("lead"))
    assert answer.status_code == 422
    assert answer.json["code"] == "invalid-input"
    assert place in answer.json["detail"]
