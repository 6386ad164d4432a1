"""Who gets in at the doors for programs, and what everybody else is told."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.commands import api_tokens, ports
from service.domain.identity import SYSTEM
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.users import User
from service.web.api import credentials
from tests.api.conftest import AT, PASSWORD, Sign, basic, bearer

Clock = Callable[[datetime], None]


def test_a_token_stands_for_its_account_and_is_narrowed_to_its_scopes(client: FlaskClient, token: Sign) -> None:
    answer = client.get("/api/v1/me", headers=bearer(token("office", "read")))
    assert answer.status_code == 200
    assert answer.json["name"] == "示例·office"
    assert answer.json["scopes"] == ["read"]
    refused = client.get("/api/v1/me", headers=bearer(token("office", "jobs")))
    assert refused.status_code == 403
    assert refused.json["code"] == "scope-missing"
    assert "read" in refused.json["detail"]


def test_a_password_stands_for_everything_the_account_may_do(client: FlaskClient) -> None:
    answer = client.get("/api/v1/me", headers=basic("office"))
    assert answer.json["scopes"] == sorted(api_tokens.SCOPES)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer shb_nobody-has-this"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"office").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"nobody:a fictional password").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"of\0fice:a fictional password").decode()},
        {"Authorization": "Digest username=office"},
    ],
)
def test_everything_else_is_told_what_is_needed(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/me", headers=headers)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail", "instance", "code", "reference"}
    assert answer.json["code"] == "credentials-refused"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="shenbao"'


def test_the_language_is_the_one_the_program_asks_for(client: FlaskClient) -> None:
    chinese = client.get("/api/v1/me").json
    english = client.get("/api/v1/me", headers={"Accept-Language": "en"}).json
    assert "令牌" in chinese["detail"]
    assert "token" in english["detail"]


def test_a_cookie_says_nothing_here(client: FlaskClient, sign_in: Callable[[str], None]) -> None:
    sign_in("office")
    assert client.get("/home").status_code == 200
    assert client.get("/api/v1/me").status_code == 401


def test_a_browser_on_another_site_is_refused_whatever_it_sends(client: FlaskClient) -> None:
    for site in ("cross-site", "same-site"):
        assert client.get("/api/v1/me", headers={**basic("office"), "Sec-Fetch-Site": site}).status_code == 401
    assert client.get("/api/v1/me", headers={**basic("office"), "Sec-Fetch-Site": "none"}).status_code == 200


def test_a_token_ends_on_its_day_and_when_it_is_revoked(
    app: Flask, client: FlaskClient, token: Sign, clock: Clock
) -> None:
    short, long = token("office", "read", days=1), token("office", "read", days=30)
    clock(AT + timedelta(days=1))
    assert client.get("/api/v1/me", headers=bearer(short)).status_code == 401
    assert client.get("/api/v1/me", headers=bearer(long)).status_code == 200
    with app.app_context():
        office, stranger = token.actor("office"), token.actor("stranger")
        with pytest.raises(Exception, match="Nothing was found"):
            transact(api_tokens.revoke, token.newest(), actor=stranger, now=AT)
        transact(api_tokens.revoke, token.newest(), actor=office, now=AT)
    assert client.get("/api/v1/me", headers=bearer(long)).status_code == 401


def test_a_closed_account_closes_its_tokens_and_its_password_at_once(
    app: Flask, client: FlaskClient, token: Sign
) -> None:
    own = token("office", "read")
    assert client.get("/api/v1/me", headers=basic("office")).status_code == 200
    with app.app_context():
        transact(lambda work: _close(work.session), actor=SYSTEM, now=AT)
    assert client.get("/api/v1/me", headers=bearer(own)).status_code == 401
    assert client.get("/api/v1/me", headers=basic("office")).status_code == 401


def _close(session: object) -> None:
    user = db.session.query(User).filter_by(login="office").one()
    user.active = False


def test_five_wrong_passwords_lock_the_account_as_they_do_at_the_sign_in(client: FlaskClient, clock: Clock) -> None:
    for _ in range(5):
        assert client.get("/api/v1/me", headers=basic("office", "wrong")).status_code == 401
    locked = client.get("/api/v1/me", headers=basic("office"))
    assert locked.status_code == 401
    assert "锁定" in locked.json["detail"]
    clock(AT + timedelta(minutes=16))
    assert client.get("/api/v1/me", headers=basic("office")).status_code == 200


def test_who_tries_one_login_after_another_is_stopped_as_at_the_sign_in(
    client: FlaskClient, site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "RECOGNISED", credentials.Recognised())  # as in a process that has just started
    most = site.extensions[ports.NAME].limits["sign-in"]
    for number in range(most - 1):
        assert client.get("/api/v1/me", headers=basic(f"nobody-{number}", "wrong")).status_code == 401
    for _ in range(most):  # the first counts, the others are known
        assert client.get("/api/v1/me", headers=basic("office")).status_code == 200
    refused = client.get("/api/v1/me", headers=basic("lead"))
    assert refused.status_code == 429
    assert refused.json["code"] == "too-many-attempts"
    assert refused.headers["Retry-After"] == "900"
    assert client.get("/api/v1/me", headers=basic("office")).status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/api/v1/me", headers=basic("lead"), environ_overrides=other).status_code == 200


def test_a_right_password_is_remembered_for_a_window_and_no_longer_than_it_is_right() -> None:
    memory = credentials.Recognised()
    memory.keep("office", PASSWORD, "the stored hash", AT)
    assert memory.knows("office", PASSWORD, "the stored hash", AT + credentials.REMEMBERED - timedelta(seconds=1))
    assert not memory.knows("office", PASSWORD, "the stored hash", AT + credentials.REMEMBERED)
    assert not memory.knows("office", PASSWORD, "another hash", AT)
    assert not memory.knows("office", "another password", "the stored hash", AT)
    assert not memory.knows("lead", PASSWORD, "the stored hash", AT)
    kept = b"".join(memory._until)
    assert PASSWORD.encode() not in kept


def test_no_token_is_kept_and_each_is_listed_by_its_beginning(app: Flask, token: Sign) -> None:
    from service.queries import api_access  # noqa: PLC0415
    from service.store.api_tokens import ApiToken  # noqa: PLC0415

    made = token("office", "read")
    assert len(made) == len("shb_") + 43  # 32 random bytes
    with app.app_context():
        row = db.session.query(ApiToken).one()
        assert made not in str(vars(row))
        assert made.startswith(row.beginning)
        assert [one.name for one in api_access.tokens_of(db.session(), token.actor("office"))] == ["test"]
        assert api_access.tokens_of(db.session(), token.actor("stranger")) == ()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"days": 0}, "有效天数"),
        ({"days": 367}, "有效天数"),
        ({"scopes": []}, "范围"),
        ({"scopes": ["all"]}, "范围"),
        ({"name": " "}, "名称"),
        ({"name": "长" * 61}, "名称"),
        ({"login": "nobody"}, "login"),
    ],
)
def test_a_token_with_a_wrong_part_is_refused_by_its_field(app: Flask, given: dict[str, object], field: str) -> None:
    whole = {"name": "test", "scopes": ["read"], "days": 30, "login": "office", **given}
    with app.app_context(), pytest.raises(Exception, match=field):
        transact(api_tokens.create, **whole, actor=SYSTEM, now=AT)


def test_twenty_usable_tokens_are_enough(app: Flask, token: Sign) -> None:
    del app
    for _ in range(api_tokens.MOST_TOKENS):
        token("office", "read")
    with pytest.raises(Exception, match="20 usable tokens"):
        token("office", "read")


def test_bodies_are_limited_and_read_strictly(client: FlaskClient, token: Sign) -> None:
    from service.web.api.bodies import LARGEST_BODY  # noqa: PLC0415

    assert LARGEST_BODY == 1024 * 1024
    headers = bearer(token("office", "read"))
    unknown = client.get("/api/v1/nothing", headers=headers)
    assert unknown.status_code == 404
    assert unknown.mimetype == "application/problem+json"
    wrong = client.post("/api/v1/me", headers=headers)
    assert wrong.status_code == 405
    assert wrong.json["status"] == 405


def test_the_document_is_open_and_names_the_two_ways_in(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert set(document["components"]["securitySchemes"]) == {"bearer", "basic"}
    assert "/api/v1/me" in document["paths"]
