"""What a list says of itself: what stands first, how many have a step, that it was cut, and where the rest is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from service.domain.due_sentence import sentence
from service.domain.identity import CLOCK
from service.queries import notices
from service.store.notices import Notice
from service.store.session import db
from service.web import words
from service.web.pages import home
from tests.web.conftest import AT, Browser

Browse = Callable[..., Browser]


def test_a_running_notice_stands_before_those_that_are_over(site: Flask, browse: Browse) -> None:
    browse("lead").start()
    with site.app_context():
        for number, ends in ("运行", 5), ("早结束", -9), ("刚结束", -1):
            to_on = AT.date() + timedelta(days=ends)
            row = Notice(
                number=number, case_id=1, title=number, body="", from_on=to_on - timedelta(days=7), to_on=to_on,
                published_at=AT, state="published",
            )  # fmt: skip
            db.session.add(row)
            db.session.flush()
        first = notices.page(db.session(), size=2)
        second = notices.page(db.session(), first.next, size=2)
        assert [row.number for row in (*first.rows, *second.rows)] == ["运行", "刚结束", "早结束"]
    assert browse("").get("/notices?after=2025-13-01~4").status_code == 422


def test_only_programmes_with_a_case_of_the_reader_are_filters(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    chip = 'href="/cases?programme='
    assert chip not in lead.get("/cases").text
    lead.start()
    assert chip in lead.get("/cases").text
    assert 'programme=sample-two-dates"' in lead.get("/tasks").text
    assert 'programme=sample-two-dates"' not in browse("stranger").get("/tasks").text


def test_who_has_a_step_and_who_acted_are_told_in_words(site: Flask) -> None:
    with site.test_request_context():
        assert words.several_word("member", 10) == "10 家成员单位"
        assert words.several_word("expert", 5) == "5 位专家"
        assert words.actor_word(CLOCK.name) == "系统按期办理"
        assert words.actor_word("王敏") == "王敏"


def test_what_the_notice_does_not_say_is_said_once() -> None:
    reason = {
        "anchor": "2022-09-26", "unit": "working_days", "count": 10, "inclusive": False, "last_on": "2022-10-13",
        "end": "17:30", "source": "未规定；列入培育两年", "added": True, "provisional": False,
    }  # fmt: skip
    told = sentence(reason)
    assert told.count("未规定") == 1
    assert "依据：列入培育两年" in told
    assert "依据" not in sentence({**reason, "source": "未规定"})


def test_the_counter_says_that_its_first_page_is_cut(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "AT_THE_COUNTER", 1)
    lead = browse("lead")
    lead.start()
    assert "看全部</a>" not in lead.get("/home").text
    lead.start()
    assert "这里只列最近的 1 件，看全部" in lead.get("/home").text
