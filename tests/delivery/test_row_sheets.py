"""A filled workbook as rows of texts: what is refused whole, what is told cell by cell; nothing is evaluated."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from service.delivery.row_sheets import SHEET_BYTES, Heading, read_rows, template
from service.domain.errors import FileRefused

HEADINGS = (
    Heading("name", "单位名称", required=True),
    Heading("kind", "类别", choices=("企业", "高校")),
    Heading("amount", "拟投入（万元）"),
)


def workbook(*lines: list[Any]) -> bytes:
    book = Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def changed(content: bytes, name: str, text: bytes) -> bytes:
    """The same workbook with one of its parts written anew, or one more."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, text)
    return target.getvalue()


def test_the_template_comes_back_as_it_was_filled() -> None:
    rows = [{"name": "甲公司", "kind": "企业", "amount": "0012.50"}, {"name": "=1+1 不是公式", "kind": "高校"}]
    content = template("成员单位", HEADINGS, rows, "说明")
    found = read_rows("a.xlsx", content, HEADINGS, 10)
    assert found.rows[0] == (2, rows[0])
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["单位名称*", "类别", "拟投入（万元）"]
    assert sheet["A3"].data_type == "s"


def test_numbers_days_and_blank_lines_are_read_as_typed() -> None:
    content = workbook(["单位名称*", "拟投入（万元）"], ["甲", 12.0], [None, None], ["乙", 0.5])
    found = read_rows("a.xlsx", content, HEADINGS, 10)
    assert found.problems == ()
    assert found.rows == ((2, {"name": "甲", "amount": "12"}), (4, {"name": "乙", "amount": "0.5"}))


def test_a_title_may_stand_above_and_what_is_not_asked_for_is_named() -> None:
    content = workbook(["成员单位一览"], ["序号", "拟投入（万元）", "单位名称"], [1, 3, "甲"])
    found = read_rows("a.xlsx", content, HEADINGS, 10)
    assert found.problems == ()
    assert found.rows == ((3, {"amount": "3", "name": "甲"}),)
    assert found.passed_over == ("序号",)


@pytest.mark.parametrize(
    ("lines", "row", "zh", "en"),
    [
        ([["单位名称*"], ["=HYPERLINK(1)"]], 2, "公式", "formula"),
        ([["名字"], ["甲"]], 0, "没有找到表头", "no headings"),
        ([["类别"], ["企业"]], 1, "缺少必填", "missing"),
        ([["单位名称", "单位名称"], ["甲", "乙"]], 1, "两次", "twice"),
        ([["单位名称"], *([["甲"]] * 4)], 5, "最多 3 行", "at most 3"),
        ([["单位名称"]], 0, "没有内容", "nothing below"),
        ([["说明"], ["单位名称"], ["甲"], *([[]] * 20_000), ["乙"]], 20_001, "空行也算", "blank ones"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(lines: list[list[Any]], row: int, zh: str, en: str) -> None:
    found = read_rows("a.xlsx", workbook(*lines), HEADINGS, 3)
    assert any(one.row == row and zh in one.zh and en in one.en for one in found.problems), found.problems


def test_a_workbook_that_would_expand_is_refused() -> None:
    plain = workbook(["单位名称"], ["甲"])
    entity = b'<?xml version="1.0"?><!-- ' + b"x" * 9000 + b' --><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    bomb = changed(plain, "xl/sharedStrings.xml", b"0" * (60 * 1024 * 1024))
    for content in (changed(plain, "xl/sharedStrings.xml", entity), bomb):
        with pytest.raises(FileRefused):
            read_rows("a.xlsx", content, HEADINGS, 10)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"not a workbook"),
        ("a.xlsx", b""),
        ("a.csv", b"a,b"),
        ("a.xlsx", b"PK\x03\x04" + b"0" * SHEET_BYTES),
        ("a.xlsx", changed(workbook(["a"]), "xl/vbaProject.bin", b"macro")),
        ("a.xlsx", changed(workbook(["a"]), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row")),
    ],
    ids=("text", "empty", "csv", "large", "macro", "broken"),
)
def test_what_is_no_plain_workbook_is_refused_with_a_reason(name: str, content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        read_rows(name, content, HEADINGS, 10)
    assert refused.value.text("zh")
    assert refused.value.text("en")
