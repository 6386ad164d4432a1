"""The tables of a paper as Excel: what was written, as numbers where they are set to the right, never as formulas."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from openpyxl import load_workbook

from service.delivery.documents import Letter, page_data
from service.delivery.spreadsheet import tables_in, workbook

AT = datetime(2025, 4, 15, 9, 29, tzinfo=UTC)
BODY = """共 2 项

| 序号 | 名称 | 资金 | 电话 |
|---:|---|---:|---|
| 1 | =1+1 | 1000.00 | 13800000000 |
| 2 | 甲\\|乙 | 面议 | 0431-80000001 |
"""


def test_a_column_set_to_the_right_holds_numbers_and_all_else_is_text() -> None:
    sheet = load_workbook(io.BytesIO(workbook("汇总表", BODY, AT))).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows == [
        ["序号", "名称", "资金", "电话"],
        [1, "=1+1", 1000, "13800000000"],
        [2, "甲|乙", "面议", "0431-80000001"],
    ]
    assert sheet["B3"].data_type == "s", "a text that begins like a formula is one"
    assert sheet["A1"].value == sheet.title == "汇总表"


def test_each_table_is_a_sheet_and_no_character_breaks_the_file() -> None:
    body = "| 名 |\n|---|\n| 甲\x07乙 |\n\n文\n\n| 名 |\n|---|\n| 丙 |\n"
    book = load_workbook(io.BytesIO(workbook("名单[2025]/第五批：" + "很长" * 30, body, AT)))
    assert [sheet["A3"].value for sheet in book.worksheets] == ["甲乙", "丙"]
    assert len({sheet.title for sheet in book.worksheets}) == 2


def test_a_letter_without_a_table_has_none() -> None:
    assert tables_in("只有文字") == []


def test_a_table_of_many_columns_lies_across_the_page() -> None:
    wide = "|" + "栏|" * 8 + "\n|" + "---|" * 8 + "\n|" + "值|" * 8
    assert page_data(Letter("汇总表", wide))["wide"] is True
    assert page_data(Letter("汇总表", BODY))["wide"] is False
