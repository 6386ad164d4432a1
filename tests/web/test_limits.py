"""How often a sender may ask; over the limit the answer is 429, in both languages, with when to come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service.commands import ports, throttling
from service.domain.errors import TooManyAttempts
from service.domain.identity import SYSTEM
from service.settings import Settings, SettingsError
from service.store.session import db
from service.store.throttles import Throttle
from service.store.unit_of_work import transact
from tests.web.conftest import AT, Browser

Browse = Callable[[str], Browser]
MOST = 3


@pytest.fixture
def strict(site: Flask) -> None:
    """Three of everything."""
    given: ports.Ports = site.extensions[ports.NAME]
    site.extensions[ports.NAME] = replace(given, limits=MappingProxyType(dict.fromkeys(throttling.WINDOWS, MOST)))


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(("path", "after"), [("/register?q=联合", 60), ("/verify?code=SB12345", 60)])
def test_a_search_too_many_is_told_when_to_come_back(
    path: str, after: int, browse: Browse, clock: Callable[[datetime], None]
) -> None:
    visitor = browse("")
    answers = [visitor.get(path) for _ in range(MOST + 1)]
    assert {answer.status_code for answer in answers[:MOST]} <= {200, 404}
    refused = answers[MOST]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == str(after)
    assert "请在 1 分钟后（2025年4月1日 10:01）再试" in refused.text
    assert "Try again in 1 min" in refused.text
    assert path.partition("=")[2] in refused.text
    clock(AT + timedelta(seconds=after))
    assert visitor.get(path).status_code != 429


@pytest.mark.usefixtures("strict")
def test_what_costs_much_is_counted_by_account(browse: Browse, clock: Callable[[datetime], None]) -> None:
    lead, colleague = browse("lead"), browse("colleague")
    task = lead.start()
    for path, wait in (("/cases/1/dossier.zip", 3600), (f"/tasks/{task}/draft.docx", 60), ("/exports/cases.xlsx", 60)):
        answers = [lead.get(path).status_code for _ in range(MOST)]
        refused = lead.get(path)
        assert (set(answers), refused.status_code, refused.headers["Retry-After"]) == ({200}, 429, str(wait)), path
        assert colleague.get(path).status_code in (200, 404), "another account of the unit is not stopped"
    clock(AT + timedelta(seconds=60))
    assert lead.get("/exports/cases.xlsx").status_code == 200
    assert lead.get("/cases/1/dossier.zip").status_code == 429


@pytest.mark.usefixtures("strict")
def test_another_sender_is_not_stopped_and_no_address_is_kept(site: Flask, browse: Browse) -> None:
    visitor = browse("")
    for _ in range(MOST + 1):
        visitor.get("/register?q=x")
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert visitor.get("/register?q=x", environ_overrides=other).status_code == 200
    assert visitor.get("/register").status_code == 200
    with site.app_context():
        assert not [key for key in db.session.scalars(select(Throttle.key)) if "192" in key or "127" in key]


@pytest.mark.usefixtures("strict")
def test_whoever_signs_in_too_often_waits(browse: Browse) -> None:
    visitor = browse("")
    statuses = [visitor.sign_in(f"nobody-{number}", "x" * 12).status_code for number in range(MOST + 1)]
    assert statuses == [422] * MOST + [429]


def test_an_unknown_login_is_locked_like_a_known_one(browse: Browse, clock: Callable[[datetime], None]) -> None:
    told = []
    for login in ("office", "nobody-has-this-login"):
        visitor = browse("")
        told.append([_problem(visitor.sign_in(login, "a wrong password").text) for _ in range(6)])
    assert told[0] == told[1]
    assert "锁定" in told[0][4]
    clock(AT + timedelta(minutes=15))
    assert "已锁定" not in _problem(browse("").sign_in("nobody-has-this-login", "a wrong password").text)


@pytest.mark.parametrize("minutes", [(0, 3, 6, 9, 12, 12), (0, 1, 2, 3, 19, 20), (0, 0, 0, 0, 14, 28, 29)])
def test_no_rhythm_of_tries_tells_which_logins_there_are(
    minutes: tuple[int, ...], browse: Browse, clock: Callable[[datetime], None]
) -> None:
    told: list[list[str]] = []
    for login in ("office", "nobody-has-this-login"):
        told.append([])
        for minute in minutes:
            clock(AT + timedelta(minutes=minute))
            told[-1].append(_problem(browse("").sign_in(login, "a wrong password").text))
    assert told[0] == told[1]


def test_a_lock_lasts_a_quarter_of_an_hour_from_the_fifth_failure(
    browse: Browse, clock: Callable[[datetime], None]
) -> None:
    for minute in (0, 3, 6, 9, 12):
        clock(AT + timedelta(minutes=minute))
        browse("").sign_in("office", "a wrong password")
    clock(AT + timedelta(minutes=26))
    assert "请在 1 分钟后" in _problem(browse("").sign_in("office").text)
    clock(AT + timedelta(minutes=27))
    assert browse("").sign_in("office").status_code == 303


def test_a_network_of_one_subscriber_is_one_sender(site: Flask) -> None:
    with site.app_context():
        for host in range(site.extensions[ports.NAME].limits["verification"]):
            _count(f"2001:db8:1:2::{host + 1:x}")
        with pytest.raises(TooManyAttempts):
            _count("2001:db8:1:2:ffff::1")
        _count("2001:db8:1:3::1")


@pytest.mark.parametrize(
    "given",
    [{"argon2_memory_kib": 31}, {"limit_searches": 0}, {"session_minutes": 0}],
    ids=["memory", "limit", "session"],
)
def test_a_number_that_cannot_be_is_refused_at_the_start(given: dict[str, Any]) -> None:
    name, value = next(iter(given.items()))
    with pytest.raises(SettingsError, match=f"SHENBAO_{name.upper()}"):
        Settings.from_environment({f"SHENBAO_{name.upper()}": str(value)}, development=True)


@pytest.mark.parametrize("path", ["/calls", "/register", "/notices", "/rules"])
def test_a_public_page_may_be_kept_and_is_not_sent_twice(path: str, browse: Browse) -> None:
    visitor = browse("")
    first = visitor.get(path)
    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert "Accept-Language" in first.headers.get("Vary", "")
    again = visitor.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")
    assert browse("office").get(path).headers["Cache-Control"] == "no-store"


def test_the_rules_say_what_the_notice_does_not_write(browse: Browse) -> None:
    page = browse("").get("/rules/sample-two-dates")
    assert page.status_code == 200
    assert "通知写明的期限" in page.text
    assert browse("").get("/rules/no-such-programme").status_code == 404


def _count(address: str) -> None:
    transact(throttling.count, "verification", address, actor=SYSTEM, now=datetime(2025, 4, 1, tzinfo=UTC))


def _problem(page: str) -> str:
    return page.partition("<h2>")[2].partition("</h2>")[0]
