"""A task from the inbox to its end: drafts, rows, refusals, conflicts, files, and what comes next."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from service.programmes.manifest import read_manifest
from service.settings import ROOT
from service.store.session import db
from service.store.submissions import Draft, Submission
from service.store.user_tasks import UserTask
from service.web import pairs
from service.web.i18n import LANGUAGE_COOKIE
from service.web.pages.home import takes_units_of
from tests.web.conftest import AT, GOOD, Browser

Browse = Callable[..., Browser]


def _state(text: str) -> dict[str, str]:
    return dict(re.findall(r'name="(_revision|_shape)" value="([^"]*)"', text))


def test_a_declaration_goes_to_the_office_and_says_what_comes_next(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    answer = lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    assert answer.headers["Location"] == "/cases/1"
    page = lead.get("/cases/1").text
    assert "已办结" in page
    with site.app_context():
        assert db.session.query(Submission).one().data["project_name"] == "智能底盘"


def test_a_second_declaration_of_the_same_kind_is_begun_knowingly(browse: Browse) -> None:
    lead = browse("lead")
    before = lead.get("/home").text
    assert "已有一份在办" not in before
    lead.start()
    after = lead.get("/home").text
    assert re.search(r"再开始一份.*?已有一份在办：<a href=\"/cases/1\">", after, re.DOTALL)


def test_what_else_can_be_done_is_told_in_the_readers_language(browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    assert "转办" in lead.get(f"/tasks/{task}").text
    lead.client.set_cookie(LANGUAGE_COOKIE, "en")
    page = lead.get(f"/tasks/{task}").text
    assert f'href="/tasks/{task}/do/transfer">Transfer</a>' in page
    assert "转办" not in page


def test_the_same_request_twice_is_done_once(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"}
    assert lead.post(f"/tasks/{task}", sent).status_code == 303
    assert lead.post(f"/tasks/{task}", sent).status_code == 303
    with site.app_context():
        assert db.session.query(Submission).count() == 1


def test_wrong_fields_are_listed_and_everything_entered_stays(browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = {**lead.form(f"/tasks/{task}"), "project_name": "智能底盘", "member_count": "十二", "_submit": "1"}
    answer = lead.post(f"/tasks/{task}", sent)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'href="#f-member_count"' in answer.text
    assert 'value="智能底盘"' in answer.text
    assert 'value="智能底盘"' in lead.get(f"/tasks/{task}").text


def test_fields_a_form_does_not_have_are_refused(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = {**lead.form(f"/tasks/{task}"), **GOOD, "assignee": "lead", "lane_owners": "lead", "_submit": "1"}
    answer = lead.post(f"/tasks/{task}", sent)
    assert answer.status_code == 422
    assert "lane_owners" in answer.text
    with site.app_context():
        assert db.session.query(Submission).count() == 0


def test_a_draft_is_saved_and_gives_its_revision(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = {**lead.form(f"/tasks/{task}"), "project_name": "第一稿"}
    first = lead.post(f"/tasks/{task}/draft", sent, headers={"HX-Request": "true"})
    assert _state(first.text)["_revision"] == "1"
    second = lead.post(f"/tasks/{task}/draft", {**sent, **_state(first.text)}, headers={"HX-Request": "true"})
    assert _state(second.text)["_revision"] == "2"
    with site.app_context():
        assert db.session.query(Draft).one().data["project_name"] == "第一稿"


def test_two_windows_get_a_choice(browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    old = lead.form(f"/tasks/{task}")
    lead.post(f"/tasks/{task}/draft", {**old, "project_name": "窗口一"})
    beside = lead.post(f"/tasks/{task}/draft", {**old, "project_name": "窗口二"}, headers={"HX-Request": "true"})
    assert beside.status_code == 409
    assert beside.headers["HX-Retarget"] == "#problem"
    answer = lead.post(f"/tasks/{task}", {**old, "project_name": "窗口二", "_draft": "1"})
    assert answer.status_code == 409
    assert 'value="窗口二"' in answer.text
    assert "窗口一" in answer.text
    chosen = {**old, **_state(answer.text), "project_name": "窗口二", "_draft": "1"}
    assert lead.post(f"/tasks/{task}", chosen).status_code == 303


def test_a_colleague_who_was_first_is_named_and_the_own_text_stays(browse: Browse) -> None:
    lead, colleague = browse("lead"), browse("colleague")
    task = lead.start()
    mine = {**colleague.form(f"/tasks/{task}"), **GOOD, "project_name": "同事的文字", "_submit": "1"}
    lead.post(f"/tasks/{task}", {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"})
    answer = colleague.post(f"/tasks/{task}", mine)
    assert answer.status_code == 409
    assert "示例·lead" in answer.text
    assert "同事的文字" in answer.text


def test_a_claimed_task_is_not_another_persons(browse: Browse) -> None:
    lead, colleague = browse("lead"), browse("colleague")
    task = lead.start()
    assert lead.post(f"/tasks/{task}/claim").status_code == 303
    assert "示例·lead 已认领" in colleague.get(f"/tasks/{task}").text
    assert colleague.post(f"/tasks/{task}/claim").status_code == 409
    assert lead.post(f"/tasks/{task}/release").status_code == 303
    assert colleague.post(f"/tasks/{task}/claim").status_code == 303


@pytest.mark.parametrize("name", ["坏.exe", "空.pdf"])
def test_a_refused_file_takes_nothing_else_with_it(browse: Browse, name: str) -> None:
    lead = browse("lead")
    task = lead.start()
    content = b"MZ this is a program" if name.endswith("exe") else b""
    sent = {**lead.form(f"/tasks/{task}"), "project_name": "文件不对", "project_file": (io.BytesIO(content), name)}
    answer = lead.post(f"/tasks/{task}", {**sent, "_submit": "1"}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert name in answer.text
    assert "文件不对" in answer.text


def test_no_file_is_left_out_in_silence(browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    pdf = b"%PDF-1.4\n%%EOF\n"
    files = [(io.BytesIO(pdf), f"第{number}份.pdf") for number in range(21)]
    sent = {**lead.form(f"/tasks/{task}"), "project_name": "很多文件", "project_file": files, "_draft": "1"}
    answer = lead.post(f"/tasks/{task}", sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "第20份.pdf" in answer.text
    assert "很多文件" in answer.text


def test_the_last_moment_counts_and_the_next_does_not(
    browse: Browse, site: Flask, clock: Callable[[datetime], None]
) -> None:
    lead = browse("lead")
    task = lead.start()
    with site.app_context():
        due_at = db.session.get_one(UserTask, task).due_at
    if due_at is None:
        pytest.skip("the sample's declaration has no due date without a call")
    sent = {**lead.form(f"/tasks/{task}"), **GOOD, "_submit": "1"}
    clock(due_at)
    late = browse("lead")
    answer = late.post(f"/tasks/{task}", sent)
    assert answer.status_code == 422
    assert "智能底盘" in answer.text


def test_the_inbox_shows_and_filters_what_is_mine(browse: Browse) -> None:
    lead = browse("lead")
    lead.start()
    assert "填报申请" in lead.get("/tasks").text
    assert "填报申请" in lead.get("/tasks?q=示例企业0").text
    assert "没有符合条件的任务" in lead.get("/tasks?scope=groups&q=不存在").text
    assert "没有符合条件的任务" in lead.get("/tasks?scope=groups&due=over").text
    assert "没有符合条件的任务" in lead.get("/tasks?scope=groups&q=%25").text


def test_pages_say_who_has_it_and_until_when(browse: Browse) -> None:
    lead = browse("lead")
    lead.start()
    page = lead.get("/cases/1").text
    assert "轮到您办" in page
    assert 'data-diagram-url="/cases/1/diagram/source.bpmn"' in page
    marks = lead.get("/cases/1/diagram/marks").get_json()
    assert "now" in marks["marks"].values()
    assert lead.get("/cases/1/diagram/source.bpmn").text.lstrip().startswith("<?xml")


def test_the_inbox_pages_by_key_and_shows_each_task_once(browse: Browse) -> None:
    lead = browse("lead")
    for _ in range(27):
        lead.start()
    seen, path = [], "/tasks?scope=groups"
    for _ in range(5):
        text = lead.get(path).text
        seen += re.findall(r'href="/tasks/(\d+)"', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        if following is None:
            break
        path = following.group(1).replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 27


def test_rows_are_told_apart_by_their_own_names() -> None:
    entered = [("members[0]._row", "1"), ("members[1]._row", "1"), ("members[1].name", "乙"), ("other", "x")]
    assert pairs.with_row(entered, "members")[-1] == ("members[2]._row", "1")
    assert pairs.without_row(entered, "members[1]") == [("members[0]._row", "1"), ("other", "x")]


def test_a_later_day_is_counted_in_words(browse: Browse, clock: Callable[[datetime], None]) -> None:
    lead = browse("lead")
    lead.start()
    clock(AT + timedelta(minutes=10))
    assert lead.get("/home").status_code == 200


@pytest.mark.parametrize(
    ("programme", "department", "offered"),
    [
        ("changchun-innovation-consortium", "/1/2/", True),
        ("changchun-innovation-consortium", "/7/8/", False),
        ("changchun-innovation-consortium", "", False),
        ("changchun-manufacturing-innovation-centre", "/7/8/", True),  # units declare to the authority itself
    ],
)
def test_a_unit_is_offered_only_what_its_department_can_recommend(
    programme: str, department: str, offered: bool
) -> None:
    manifest = read_manifest((ROOT / "bpmn" / programme / "programme.toml").read_bytes())
    assert takes_units_of(manifest, department, "/1/") is offered
