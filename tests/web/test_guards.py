"""Who gets in: every route is guarded, sessions end, tokens are asked for, lists and pages obey one rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from service.web.security import SESSION_COOKIE
from tests.web.conftest import AT, GOOD, PASSWORD, Browser

Browse = Callable[..., Browser]


def test_every_route_says_whom_it_lets_in(site: Flask) -> None:
    unguarded = []
    for rule in site.url_map.iter_rules():
        view = site.view_functions[rule.endpoint]
        blueprint = site.blueprints.get(rule.endpoint.rpartition(".")[0])
        if rule.endpoint != "static" and not hasattr(view, "access") and not getattr(blueprint, "guards_itself", False):
            unguarded.append(rule.rule)
    assert not unguarded


def test_a_stranger_gets_the_sign_in_form_at_every_guarded_page(site: Flask, browse: Browse) -> None:
    browser = browse()
    for rule in site.url_map.iter_rules():
        view = site.view_functions[rule.endpoint]
        access = getattr(view, "access", None)
        if access is None or access.kind == "public" or "GET" not in (rule.methods or ()) or rule.arguments:
            continue
        assert browser.get(rule.rule).status_code == 401, rule.rule


def test_a_post_without_the_token_is_refused(browse: Browse) -> None:
    browser = browse("lead")
    assert browser.client.post("/account/language", data={"language": "en"}).status_code == 403
    assert browser.client.post("/preferences", data={"language": "en"}).status_code == 403


def test_a_token_of_no_letters_of_ours_is_a_wrong_token(browse: Browse) -> None:
    browser = browse("lead")
    answer = browser.client.post("/account/language", data={"language": "en", "csrf_token": "不是令牌"})
    assert answer.status_code == 403


def test_the_session_cookie_is_out_of_reach_and_changes_with_each_sign_in(browse: Browse) -> None:
    browser = browse("lead")
    first = browser.client.get_cookie(SESSION_COOKIE)
    assert first is not None
    assert first.http_only
    assert first.same_site == "Lax"
    browser.sign_in("lead")
    second = browser.client.get_cookie(SESSION_COOKIE)
    assert second is not None
    assert second.value != first.value
    browser.client.set_cookie(SESSION_COOKIE, first.value)
    assert browser.get("/home").status_code == 401


def test_five_failures_lock_the_account_for_a_while(browse: Browse, clock: Callable[[datetime], None]) -> None:
    browser = browse()
    for _ in range(5):
        answer = browser.sign_in("lead", "wrong")
        assert answer.status_code == 422
    assert "锁定" in browser.sign_in("lead").text
    clock(AT + timedelta(minutes=16))
    assert browser.sign_in("lead").status_code == 303


def test_an_idle_session_ends_and_a_used_one_goes_on(browse: Browse, clock: Callable[[datetime], None]) -> None:
    used, idle = browse("lead"), browse("colleague")
    clock(AT + timedelta(minutes=20))
    assert used.get("/home").status_code == 200
    clock(AT + timedelta(minutes=40))
    assert used.get("/home").status_code == 200
    assert idle.get("/home").status_code == 401


def test_signing_in_never_leads_to_a_foreign_site(browse: Browse) -> None:
    browser = browse()
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        answer = browser.post("/sign-in", {"login": "lead", "password": PASSWORD, "next": address})
        assert answer.headers["Location"] == "/home", address


def test_what_was_posted_without_a_session_is_offered_again_after_signing_in(browse: Browse) -> None:
    browser = browse("lead")
    task = browser.start()
    sent = {**browser.form(f"/tasks/{task}"), **GOOD, "_submit": "1"}
    browser.client.delete_cookie(SESSION_COOKIE)
    asked = browser.client.post(f"/tasks/{task}", data=sent)
    assert asked.status_code == 401
    assert 'name="project_name" value="智能底盘"' in asked.text
    carried = {name: value for name, value in sent.items() if name != "csrf_token"}
    resumed = browser.post(
        "/sign-in", {**carried, "carry_target": f"/tasks/{task}", "login": "lead", "password": PASSWORD}
    )
    assert resumed.status_code == 200
    assert f'action="/tasks/{task}"' in resumed.text
    assert browser.post(f"/tasks/{task}", carried).status_code == 303


def test_a_foreign_page_cannot_make_us_carry_its_fields(browse: Browse) -> None:
    answer = browse().client.post("/tasks/1", data={"x": "carried"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 401
    assert "carried" not in answer.text


@pytest.mark.parametrize("login", ["stranger", "elsewhere", "designer"])
def test_a_case_does_not_exist_for_who_has_no_part_in_it(browse: Browse, login: str) -> None:
    lead = browse("lead")
    task = lead.start()
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    outsider = browse(login)
    for path in (
        "/cases/1",
        "/cases/1/diagram",
        "/cases/1/diagram/marks",
        "/cases/1/diagram/source.bpmn",
        f"/tasks/{task}",
    ):
        assert outsider.get(path).status_code == 404, path
    assert "示例企业0" not in outsider.get("/cases").text
    assert "示例企业0" not in outsider.get("/tasks?scope=groups").text
    assert outsider.post("/cases/1/withdraw", {"reason": "没有权限"}).status_code == 404


def test_an_office_sees_nothing_of_a_draft(browse: Browse) -> None:
    browse("lead").start()
    office = browse("office")
    assert office.get("/cases/1").status_code == 404
    assert "示例企业0" not in office.get("/cases").text


def test_the_rooms_of_designers_and_administrators_are_theirs(browse: Browse) -> None:
    assert browse("office").get("/workshop").status_code == 403
    assert browse("designer").get("/workshop").status_code == 200
    assert browse("designer").get("/operations").status_code == 403
    assert browse("admin").get("/operations").status_code == 200


def test_every_answer_carries_the_strict_policy(browse: Browse) -> None:
    browser = browse("lead")
    for path in ("/", "/home", "/nowhere", "/health"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_an_unknown_key_in_a_query_is_refused(browse: Browse) -> None:
    browser = browse("office")
    for path in ("/tasks?sope=mine", "/cases?x=1", "/register?prgramme=a", "/tasks?after=nonsense", "/tasks?scope=all"):
        assert browser.get(path).status_code == 422, path


def test_a_page_from_before_a_new_sign_in_is_offered_again(browse: Browse) -> None:
    browser = browse("lead")
    task = browser.start()
    old = {**browser.form(f"/tasks/{task}"), **GOOD, "_submit": "1", "csrf_token": browser.token()}
    browser.sign_in("lead")
    assert browser.client.post(f"/tasks/{task}", data=old).status_code == 403
    answer = browser.client.post(f"/tasks/{task}", data=old, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert 'name="project_name" value="智能底盘"' in answer.text


def test_an_address_that_is_a_key_is_told_to_nobody(site: Flask, browse: Browse) -> None:
    keys = [rule for rule in site.url_map.iter_rules() if rule.arguments == {"token"} and "GET" in (rule.methods or ())]
    assert keys
    for rule in keys:
        headers = browse().get(rule.rule.replace("<token>", "x" * 43)).headers
        assert headers["Referrer-Policy"] == "no-referrer", rule.rule
        assert headers["X-Robots-Tag"] == "noindex, nofollow", rule.rule
        assert "public" not in headers["Cache-Control"], rule.rule


def test_every_public_page_opens_without_an_account_and_without_a_session(site: Flask, browse: Browse) -> None:
    visitor, opened = browse(), 0
    for rule in site.url_map.iter_rules():
        access = getattr(site.view_functions[rule.endpoint], "access", None)
        if access is None or access.kind != "public" or "GET" not in (rule.methods or ()) or rule.arguments:
            continue
        if rule.rule not in ("/metrics", "/health"):  # for operators: closed without a token, and late without a clock
            assert visitor.get(rule.rule).status_code == 200, rule.rule
            opened += 1
    assert opened > 10
    assert visitor.client.get_cookie(SESSION_COOKIE) is None
