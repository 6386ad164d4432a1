"""A person's tokens: made on a page, shown once, listed, revoked; never another person's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from service.store.session import db
from service.store.users import User
from tests.web.conftest import Browser

Browse = Callable[..., Browser]
GIVEN = {"name": "信用核查系统", "days": "90", "scopes": ["read", "jobs"]}


def made(browser: Browser) -> str:
    """The token a page has just shown."""
    answer = browser.post("/account/tokens", GIVEN)
    assert answer.status_code == 200
    found = re.search(r'value="(shb_[^"]+)"', answer.text)
    assert found
    return found.group(1)


def test_a_token_is_shown_once_and_works(browse: Browse) -> None:
    browser = browse("office")
    token = made(browser)
    page = browser.get("/account/tokens").text
    assert token not in page
    assert token[:8] in page
    assert "信用核查系统" in page
    answer = browse().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["scopes"] == ["jobs", "read"]
    assert browse("lead").get("/account/tokens").text.count("shb_") == 0


def test_a_revoked_token_lets_nobody_in(browse: Browse) -> None:
    browser = browse("office")
    token = made(browser)
    action = re.search(r'action="(/account/tokens/\d+/revoke)"', browser.get("/account/tokens").text)
    assert action
    assert browse("lead").post(action[1]).status_code == 404
    assert browser.post(action[1]).status_code == 303
    assert browse().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert "已撤销" in browser.get("/account/tokens").text


@pytest.mark.parametrize(("act", "data"), [("reset", None), ("active", {"active": "0"})], ids=["reset", "disabled"])
def test_a_token_ends_with_the_password_and_with_the_account(
    site: Flask, browse: Browse, act: str, data: dict[str, str] | None
) -> None:
    token = {"Authorization": f"Bearer {made(browse('office'))}"}
    admin = browse("admin")
    with site.app_context():
        user_id = db.session.scalar(select(User.id).where(User.login == "office"))
    assert browse().get("/api/v1/me", headers=token).status_code == 200
    assert admin.post(f"/accounts/{user_id}/{act}", data).status_code in (200, 303)
    assert browse().get("/api/v1/me", headers=token).status_code == 401
    admin.post(f"/accounts/{user_id}/active", {"active": "1"})
    assert browse().get("/api/v1/me", headers=token).status_code == 401, "nor does it come back with the account"


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"name": ""}, "请填写 1 至 60 个字的名称"),
        ({"days": "4000"}, "请选择有效期"),
        ({"days": "x"}, "请选择有效期"),
        ({"scopes": []}, "请至少选择一项范围"),
        ({"scopes": ["everything"]}, "请至少选择一项范围"),
    ],
)
def test_a_wrong_entry_is_told_beside_its_field(browse: Browse, given: dict[str, object], word: str) -> None:
    answer = browse("office").post("/account/tokens", {**GIVEN, **given})
    assert answer.status_code == 422
    assert word in answer.text
    assert "shb_" not in answer.text
