"""A list as an Excel sheet to fill in, and a filled sheet as rows of texts; nothing in a sheet is ever evaluated."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from service.delivery.file_types import accept_file
from service.delivery.unpacking import harm_in
from service.domain.errors import FileRefused

SHEET_BYTES: Final = 5 * 1024 * 1024
CELL_CHARACTERS: Final = 20_000
MOST_COLUMNS: Final = 100
MOST_PROBLEMS: Final = 100
_CHOICE_CHARACTERS = 250  # Excel's own limit of a drop-down written in the cell
_TEXT = "@"


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of the sheet: its heading, and the words that may be chosen in it."""

    key: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell, row or heading; `row` is the sheet's own number, 0 for the whole sheet."""

    row: int
    column: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The rows as texts by key, each with the number it has in the sheet; with any problem none of them counts."""

    rows: tuple[tuple[int, Mapping[str, str]], ...]
    problems: tuple[CellProblem, ...]


def template(title: str, headings: Sequence[Heading], rows: Iterable[Mapping[str, str]], note: str) -> bytes:
    """A sheet with the headings in its first row and the rows that there are, and one that explains the columns.

    All cells are texts, so that a code keeps its zeros; a heading with a star is required.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title[:28] or "1"
    for number, one in enumerate(headings, start=1):
        cell = sheet.cell(1, number, one.label + ("*" if one.required else ""))
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = 22
        sheet.column_dimensions[letter].number_format = _TEXT
        words = ",".join(one.choices)
        if one.choices and len(words) <= _CHOICE_CHARACTERS and not any("," in word for word in one.choices):
            offered = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True)
            offered.add(f"{letter}2:{letter}1000")
            sheet.add_data_validation(offered)
    for line, row in enumerate(rows, start=2):
        for number, one in enumerate(headings, start=1):
            cell = sheet.cell(line, number, row.get(one.key, ""))
            cell.data_type, cell.number_format = "s", _TEXT
    sheet.freeze_panes = "A2"
    _explain(book.create_sheet("填写说明"), headings, note)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _explain(sheet: Any, headings: Sequence[Heading], note: str) -> None:
    sheet.append([note])
    sheet.append(["栏目", "必填", "可以填的内容", "说明"])
    for one in headings:
        sheet.append([one.label, "是" if one.required else "", "、".join(one.choices), one.hint])
    for letter, width in zip("ABCD", (28, 8, 60, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def read_rows(name: str, content: bytes, headings: Sequence[Heading], most: int) -> ReadRows:
    """The filled rows of the first sheet. Raises FileRefused for what is no plain workbook of a sensible size.

    Empty rows are passed over. A formula, an unknown heading, a missing required column, a row too many are problems.
    """
    _accept(name, content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        lines = sheet.iter_rows(min_row=1, max_row=most * 4 + 100, max_col=MOST_COLUMNS)
        return _read(lines, headings, most)
    except FileRefused:
        raise
    except Exception as error:  # whatever a broken workbook makes its reader raise
        zh, en = (
            "打不开这个工作簿，请用 Excel 另存为 .xlsx 再试",
            "the workbook cannot be opened; save it as .xlsx again",
        )
        raise FileRefused(name=name, zh=zh, en=en) from error


def _accept(name: str, content: bytes) -> None:
    """A workbook without macros, of a sensible size when unpacked, and without a document type that could expand."""
    accept_file(name, content, limit=SHEET_BYTES, allowed=("xlsx",))
    harm = harm_in(content)
    if harm is not None:
        raise FileRefused(name=name, zh=harm[0], en=harm[1])


def _read(lines: Iterable[Sequence[Any]], headings: Sequence[Heading], most: int) -> ReadRows:
    problems: list[CellProblem] = []
    rows: list[tuple[int, Mapping[str, str]]] = []
    places: dict[int, Heading] = {}
    for number, line in enumerate(lines, start=1):
        if number == 1:
            places = _places(line, headings, problems)
            continue
        if all(cell.value in (None, "") for cell in line):
            continue
        if len(rows) == most:
            problems.append(CellProblem(number, "", f"最多 {most} 行", f"at most {most} rows"))
            break
        rows.append((number, _row(number, line, places, problems)))
    if not places and not problems:
        problems.append(CellProblem(0, "", "第一张表是空的", "the first sheet is empty"))
    elif not rows and not problems:
        problems.append(CellProblem(0, "", "没有填写任何一行", "no row was filled in"))
    return ReadRows(tuple(rows), tuple(problems[:MOST_PROBLEMS]))


def _places(line: Sequence[Any], headings: Sequence[Heading], problems: list[CellProblem]) -> dict[int, Heading]:
    """Which column holds what, by its heading."""
    known = {one.label: one for one in headings}
    found: dict[int, Heading] = {}
    for index, cell in enumerate(line):
        text = str(cell.value or "").strip().rstrip("*").strip()
        if not text:
            continue
        heading = known.get(text)
        if heading is None or heading in found.values():
            zh = f"“{text[:40]}”出现了两次" if heading else f"没有“{text[:40]}”这一栏，请用下载的模板"
            en = (
                f"“{text[:40]}” stands there twice"
                if heading
                else f"there is no column “{text[:40]}”; use the template"
            )
            problems.append(CellProblem(1, get_column_letter(index + 1), zh, en))
        else:
            found[index] = heading
    problems += [
        CellProblem(1, "", f"缺少必填的“{one.label}”一栏", f"the column “{one.label}” is missing")
        for one in headings
        if one.required and one not in found.values()
    ]
    return found


def _row(
    number: int, line: Sequence[Any], places: Mapping[int, Heading], problems: list[CellProblem]
) -> Mapping[str, str]:
    out: dict[str, str] = {}
    for index, heading in places.items():
        cell = line[index] if index < len(line) else None
        if cell is None or cell.value is None:
            continue
        if cell.data_type == "f" or (isinstance(cell.value, str) and cell.value.startswith("=")):
            zh, en = "是公式，请粘贴为数值", "is a formula; paste its value"
            problems.append(CellProblem(number, heading.label, zh, en))
        elif cell.data_type == "e":
            problems.append(CellProblem(number, heading.label, "是错误值", "is an error value"))
        else:
            text = _text(cell.value)
            if len(text) > CELL_CHARACTERS:
                problems.append(CellProblem(number, heading.label, "太长", "is too long"))
            out[heading.key] = text[:CELL_CHARACTERS]
    return out


def _text(value: Any) -> str:
    """A cell as one would have typed it: a day without its midnight, a whole number without a fraction."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
