"""Tables as Excel workbooks: those of an issued paper, and lists, for whoever goes on working with them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from service.delivery.markdown import Block, blocks, plain_text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limit of a sheet's name, and what may not stand in one
_NAME_CHARS = 31
_NOT_IN_NAMES = re.compile(r"[\\/*?:\[\]]")
# what a cell cannot hold: control characters other than tab and line break
_NOT_IN_CELLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_WIDEST = 40
_LINE = Side(style="thin")
_ZONE = ZoneInfo("Asia/Shanghai")
# what a spreadsheet takes for the beginning of a formula, in a file without types
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def tables_in(body: str) -> list[Block]:
    """The tables of a Markdown text, as its blocks hold them."""
    return [block for block in blocks(body) if block["kind"] == "table"]


def workbook(title: str, body: str, at: datetime) -> bytes:
    """One sheet for each table of the Markdown `body`; a column that is set to the right holds numbers.

    All other cells are texts, whatever they begin with: nothing of a paper is ever a formula. `at` (when it was issued)
    stands in the file, so that the same paper gives the same cells and properties.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = _clean(title), ""
    book.properties.created = book.properties.modified = at.replace(tzinfo=None, microsecond=0)
    tables = tables_in(body)
    for number, block in enumerate(tables, start=1):
        name = _NOT_IN_NAMES.sub("", _clean(title))[: _NAME_CHARS - 3] or "1"
        _fill(book.create_sheet(name if len(tables) == 1 else f"{name}-{number}"), title, block)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def listing(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], at: datetime) -> bytes:
    """A list as a workbook of one sheet: texts, whole numbers, days and instants (shown as in China), never formulas.

    `at` (when it was made) stands in the file and over the list. The rows are written as they come.
    """
    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = _clean(title), ""
    book.properties.created = book.properties.modified = at.replace(tzinfo=None, microsecond=0)
    sheet = book.create_sheet(_NOT_IN_NAMES.sub("", _clean(title))[:_NAME_CHARS] or "1")
    for number, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, min(_width(heading) + 8, _WIDEST))
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    sheet.append([_written(sheet, heading, bold=True) for heading in headings])
    for row in rows:
        sheet.append([_written(sheet, value) for value in row])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def comma_separated(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as CSV with a byte order mark, for Excel; what begins like a formula has an apostrophe before it."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(headings)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return target.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")
    text = _clean("" if value is None else str(value))
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text


def _written(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    """A cell of a list; a text stays one whatever it begins with."""
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(_ZONE).replace(tzinfo=None, second=0, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, int) and not isinstance(value, bool):
        cell = WriteOnlyCell(sheet, value)
    else:
        cell = WriteOnlyCell(sheet, _clean("" if value is None else str(value)))
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _fill(sheet: Worksheet, title: str, block: Block) -> None:
    rows = [[_clean(plain_text(cell)) for cell in row] for row in block["rows"]]
    width = max(len(row) for row in rows)
    sheet.append([_clean(title)])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    sheet["A1"].font, sheet["A1"].alignment = Font(bold=True, size=14), Alignment(horizontal="center")
    for line, row in enumerate(rows, start=2):
        for column, text in enumerate(row, start=1):
            cell = sheet.cell(line, column)
            right = block["align"][column - 1 : column] == ["right"]
            is_number = line > 2 and right and _NUMBER.fullmatch(text)
            cell.value = float(text) if is_number else text
            if not is_number:
                cell.data_type = "s"
            cell.font = Font(bold=line == 2)
            cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="right" if is_number else None)
            cell.border = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
    for column in range(1, width + 1):
        longest = max((_width(row[column - 1]) for row in rows if column <= len(row)), default=0)
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 2, _WIDEST)
    sheet.freeze_panes = "A3"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:2"


def _clean(text: str) -> str:
    return _NOT_IN_CELLS.sub("", text)


def _width(text: str) -> int:
    """How wide a text stands: a Chinese character takes two columns of digits."""
    return max((sum(2 if char >= "\u2e80" else 1 for char in line) for line in text.split("\n")), default=0)
