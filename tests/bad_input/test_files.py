"""What is sent as a file is judged by its content and its size; what was typed beside it stays."""

from __future__ import annotations

import pytest

from tests.bad_input.conftest import Desk, state_of
from tests.support.page_form import PDF, shown
from tests.support.telling import problems

REFUSED = [
    ("章程.pdf", b"MZ\x90\x00" + b"\x00" * 64, "章程.pdf"),
    ("章程.pdf", b"", "空"),
    ("章程.pdf", b"<html><script>alert(1)</script></html>", "章程.pdf"),
    ("章程.exe", PDF, "章程.exe"),
    ("章程.pdf.exe", b"MZ\x90\x00", "章程.pdf.exe"),
    ("章程", PDF, "章程"),
    ("../../章程.sh", b"#!/bin/sh\n", "章程.sh"),
    ("章程.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "只接受 pdf 文件"),
]


@pytest.mark.parametrize(("name", "content", "told"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_a_file_that_is_not_what_it_says_is_refused(desk: Desk, name: str, content: bytes, told: str) -> None:
    before = state_of(desk.stage)
    answer = desk.submit(desk.good, [("charter", name, content)])
    assert answer.status_code == 422
    assert told in problems(answer.text)
    assert "没有收下" in problems(answer.text)
    assert "示例智能网联汽车" in answer.text
    assert state_of(desk.stage) == before


def test_a_file_over_the_limit_is_refused_with_the_limit(desk: Desk) -> None:
    before = state_of(desk.stage)
    answer = desk.submit([], [("charter", "章程.pdf", PDF + b"%" * 50 * 2**20)])
    assert answer.status_code == 422
    assert "50 MB" in problems(answer.text)
    assert "章程.pdf" in problems(answer.text)
    assert state_of(desk.stage) == before


def test_a_file_of_60_mb_is_refused_before_it_is_read(desk: Desk) -> None:
    before = state_of(desk.stage)
    answer = desk.submit([], [("charter", "章程.pdf", PDF + b"%" * 60 * 2**20)])
    assert answer.status_code == 413
    assert "一次最多上传 60 MB，请压缩或拆分后再上传" in shown(answer.text)
    assert state_of(desk.stage) == before


def test_a_file_for_a_field_the_form_does_not_have_is_refused(desk: Desk) -> None:
    before = state_of(desk.stage)
    answer = desk.submit(desk.good, [*desk.files, ("secret", "章程.pdf", PDF)])
    assert answer.status_code == 422
    assert "表单里没有“secret”" in problems(answer.text)
    assert state_of(desk.stage) == before


@pytest.mark.parametrize("way", ["at once", "by a draft"])
def test_a_file_of_another_case_cannot_be_named(desk: Desk, way: str) -> None:
    others = "att-0123456789abcdef"
    before = state_of(desk.stage)
    rest = [file for file in desk.files if file[0] != "charter"]
    if way == "by a draft":
        form = desk.lead.open_task(desk.task)
        desk.lead.post(f"/tasks/{desk.task}", [*form.pairs(), ("charter", others), ("_draft", "1")])
    answer = desk.submit([*desk.good, ("charter", others)], rest)
    assert answer.status_code == 422
    assert "请重新上传" in problems(answer.text)
    assert state_of(desk.stage) == before
