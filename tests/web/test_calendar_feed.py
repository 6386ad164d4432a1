"""The subscribed calendar: secret, revocable, limited, and of the inbox alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask

from service.store.api_tokens import ApiToken
from service.store.session import db
from tests.web.conftest import Browser

Browse = Callable[..., Browser]


def _subscribe(browser: Browser) -> str:
    found = re.search(r'value="http://[^/]+(/calendar/shb_[^"]+\.ics)"', browser.post("/account/calendar").text)
    assert found
    return found[1]


def test_a_person_subscribes_to_the_own_deadlines(site: Flask, browse: Browse) -> None:
    lead, anybody = browse("lead"), browse()
    lead.start()
    address = _subscribe(lead)
    answer = anybody.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    told = answer.data.replace(b"\r\n ", b"").decode()
    assert "DTSTART;VALUE=DATE:20250415" in told
    assert "SUMMARY:填报申请：" in told
    assert "通知四(一)：4月15日前" in told
    assert address not in lead.get("/account").text
    with site.app_context():
        (row,) = db.session.query(ApiToken).all()
        assert row.digest not in address
        assert row.scopes == ["calendar"]
    for other in ("stranger", "office"):
        assert "BEGIN:VEVENT" not in anybody.get(_subscribe(browse(other))).text


def test_an_address_ends_with_its_token(browse: Browse) -> None:
    lead, anybody = browse("lead"), browse()
    address = _subscribe(lead)
    assert anybody.get(address.replace("shb_", "shb_x")).status_code == 404
    assert lead.post("/account/tokens/1/revoke").status_code == 303
    assert anybody.get(address).status_code == 404


def test_a_program_does_nothing_else_with_it_nor_reads_the_calendar_with_another(browse: Browse) -> None:
    lead, anybody = browse("lead"), browse()
    token = _subscribe(lead).split("/")[2].removesuffix(".ics")
    assert anybody.get("/api/v1/tasks", headers={"Authorization": f"Bearer {token}"}).status_code in {401, 403, 404}
    made = lead.post("/account/tokens", {"name": "读", "scopes": "read", "days": "30"}).text
    other = re.search(r'id="made" readonly value="([^"]+)"', made)
    assert other
    assert anybody.get(f"/calendar/{other[1]}.ics").status_code == 404


def test_one_sender_reads_it_so_often_a_minute(site: Flask, browse: Browse) -> None:
    anybody = browse()
    codes = [anybody.get("/calendar/shb_none.ics").status_code for _ in range(61)]
    assert codes == [404] * 60 + [429]
