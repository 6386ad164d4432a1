"""A form answers wrong fields with the place and the remedy, in the reader's language, and moves nothing."""

from __future__ import annotations

import pytest

from service.web.i18n import LANGUAGE_COOKIE
from tests.bad_input.conftest import Desk, open_ids, state_of
from tests.support.page_form import filled, shown
from tests.support.stage import Person, Stage
from tests.support.telling import STARTING, Telling, problems

WRONG = [
    ("lead.revenue_wan", "一千二百万", "上年度营业收入", "请填写数字，例如 1234.5"),
    ("lead.revenue_wan", "NaN", "上年度营业收入", "请填写数字"),
    ("lead.revenue_wan", "1e400", "上年度营业收入", "请填写数字"),
    ("lead.rd_staff", "三百二十", "研发人员", "请填写数字"),
    ("lead.rd_staff", "9" * 40, "研发人员", ""),
    ("period_from", "2026-02-30", "自", "2026-03-31"),
    ("period_from", "明年春天", "自", "2026-03-31"),
    ("lead.type", "charity", "单位类型", "重新选择"),
    ("lead.type", "", "单位类型", "请选择"),
    ("field_code", "' OR 1=1 --", "所属领域", "重新选择"),
    ("lead.contact_mobile", "1380000", "联系人手机", "11 位"),
    ("lead.contact_email", "not an address", "电子邮箱", "name@example.cn"),
    ("lead.credit_code", "91220100DEMX000148", "统一社会信用代码", "信用代码最后一位不对"),
    ("lead.credit_code", "91220100DEMX", "统一社会信用代码", "应为 18 位"),
    ("members[2].credit_code", "91220100DEMX00102X", "第 3 行", "信用代码最后一位不对"),
    ("core_name", "", "核心名称", "请填写"),
    ("core_name", "长" * 5000, "核心名称", "字"),
    ("direction", "短", "研究方向与主要任务", "字"),
]


@pytest.mark.parametrize(("name", "value", "place", "remedy"), WRONG, ids=lambda one: str(one)[:24])
def test_a_wrong_value_is_named_with_its_remedy(desk: Desk, name: str, value: str, place: str, remedy: str) -> None:
    before = state_of(desk.stage)
    answer = desk.submit(filled(desk.good, [(name, value)]))
    told = problems(answer.text)
    assert answer.status_code == 422
    assert place in told
    assert remedy in told
    assert state_of(desk.stage) == before


def test_the_same_is_said_in_english(desk: Desk) -> None:
    desk.lead.client.set_cookie(LANGUAGE_COOKIE, "en")
    before = state_of(desk.stage)
    told = problems(desk.submit(filled(desk.good, [("lead.credit_code", "91220100DEMX000148")])).text)
    assert "The last character is wrong: the first 17 give 9" in told
    assert state_of(desk.stage) == before


UNKNOWN = [
    "assignee", "lane_owners", "lane_owners[county]", "members[0].unknown", "members", "lead", "lead.name.first",
    "__class__", "constructor.prototype", "members[-1].name", "members[99999999999].name", "x" * 3000, "核心名称",
]  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN, ids=lambda one: one[:24])
def test_a_field_the_form_does_not_have_is_refused(desk: Desk, name: str) -> None:
    before = state_of(desk.stage)
    answer = desk.submit([*desk.good, (name, "lead")], desk.files)
    told = problems(answer.text)
    assert answer.status_code == 422
    assert "表单里没有" in told
    assert name[:60] in told
    assert state_of(desk.stage) == before


def test_more_rows_than_a_form_takes_are_refused(desk: Desk) -> None:
    before = state_of(desk.stage)
    many = [(f"members[{number}].name", "示例") for number in range(400)]
    answer = desk.submit(filled(desk.good, many))
    assert answer.status_code == 422
    assert "最多" in problems(answer.text)
    assert state_of(desk.stage) == before


def test_more_fields_than_the_service_reads_are_refused(desk: Desk) -> None:
    before = state_of(desk.stage)
    answer = desk.submit([(f"field_{number}", "x") for number in range(6000)])
    assert answer.status_code == 413
    assert "没有丢失" in shown(answer.text)
    assert state_of(desk.stage) == before


def test_a_form_without_its_token_does_nothing(desk: Desk) -> None:
    before = state_of(desk.stage)
    answer = desk.lead.post(f"/tasks/{desk.task}", [*desk.good, ("csrf_token", "guessed"), ("_submit", "1")])
    assert answer.status_code == 403
    assert "刷新页面后再试" in shown(answer.text)
    assert state_of(desk.stage) == before


def test_an_empty_form_lists_everything_that_is_needed(telling: Telling, stage: Stage, lead: Person) -> None:
    telling.play_until(STARTING, done=False)
    before = state_of(stage)
    answer = lead.post(f"/tasks/{open_ids(stage)[0]}", [("_submit", "1")])
    told = problems(answer.text)
    assert answer.status_code == 422
    assert all(label in told for label in ("核心名称", "法定代表人", "成员单位", "合作协议书"))
    assert state_of(stage) == before


@pytest.mark.parametrize("address", ["/tasks/999999", "/tasks/99999999999999999999999", "/tasks/0"])
def test_a_task_that_is_not_there_is_not_found(desk: Desk, address: str) -> None:
    before = state_of(desk.stage)
    assert desk.lead.client.get(address).status_code == 404
    assert desk.lead.post(address, [("_submit", "1")]).status_code in (404, 405)
    assert state_of(desk.stage) == before


@pytest.mark.parametrize("query", ["scope=all", "unknown=1", "due=never", "after=%00", "q=" + "x" * 500])
def test_a_wrong_filter_is_named(lead: Person, query: str) -> None:
    answer = lead.client.get(f"/tasks?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in shown(answer.text)
