"""A list as an Excel sheet to fill in, and a filled sheet as rows of texts; nothing in a sheet is ever evaluated."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any, Final, TypeAlias

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
TITLE_LINES: Final = 10  # so many lines may stand over the headings
LAST_LINE: Final = 20_000  # of a sheet, blank lines included
_CHOICE_CHARACTERS = 250  # Excel's own limit of a drop-down written in the cell
_TEXT = "@"
_Line: TypeAlias = tuple[int, Sequence[Any]]  # its number as Excel shows it, and its cells


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
    """The rows as texts by key, each with the number it has in the sheet; with any problem none of them counts.

    `passed_over` are the headings of the columns that were not read.
    """

    rows: tuple[tuple[int, Mapping[str, str]], ...]
    problems: tuple[CellProblem, ...]
    passed_over: tuple[str, ...] = ()


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

    A title may stand over the headings, and the columns in any order; columns that are not asked for are named in
    `passed_over`, and empty rows are left out. A formula, a missing or doubled column, a row too many are problems.
    """
    _accept(name, content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        lines = enumerate(sheet.iter_rows(min_row=1, max_row=LAST_LINE + 1, max_col=MOST_COLUMNS), start=1)
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


def _read(lines: Iterator[_Line], headings: Sequence[Heading], most: int) -> ReadRows:
    top = list(islice(lines, TITLE_LINES + 1))
    if not any(_filled(line) for _, line in top):
        return _refused(CellProblem(0, "", "第一张表是空的", "the first sheet is empty"))
    known = {one.label: one for one in headings}
    found = max(top, key=lambda one: sum(_heading(cell) in known for cell in one[1]))
    places, passed_over, problems = _places(found, headings)
    if problems:
        return _refused(*problems)
    rows: list[tuple[int, Mapping[str, str]]] = []
    for number, line in chain((one for one in top if one[0] > found[0]), lines):
        if number > LAST_LINE:
            zh = f"超过 {LAST_LINE} 行（空行也算），请删去后面的空行"
            problems.append(CellProblem(number, "", zh, f"more than {LAST_LINE} lines, blank ones included"))
        elif not _filled(line):
            continue
        elif len(rows) == most:
            problems.append(CellProblem(number, "", f"最多 {most} 行", f"at most {most} rows"))
            break
        else:
            rows.append((number, _row(number, line, places, problems)))
    if not rows and not problems:
        problems.append(CellProblem(0, "", "表头下面没有内容", "there is nothing below the headings"))
    return ReadRows(tuple(rows), tuple(problems[:MOST_PROBLEMS]), passed_over)


def _refused(*problems: CellProblem) -> ReadRows:
    return ReadRows((), problems)


def _filled(line: Sequence[Any]) -> bool:
    return any(cell.value not in (None, "") for cell in line)


def _heading(cell: Any) -> str:
    """What a cell says as a heading: the star of a required column left out."""
    return str(cell.value or "").strip().rstrip("*").strip()


def _places(found: _Line, headings: Sequence[Heading]) -> tuple[dict[int, Heading], tuple[str, ...], list[CellProblem]]:
    """Which column holds what, by its heading; the headings nobody asked for; and what is wrong with the line."""
    (number, line), known = found, {one.label: one for one in headings}
    places: dict[int, Heading] = {}
    passed_over: list[str] = []
    problems: list[CellProblem] = []
    for index, text in enumerate(_heading(cell) for cell in line):
        heading = known.get(text)
        if heading is not None and heading in places.values():
            zh, en = f"“{text}”出现了两次", f"“{text}” stands there twice"
            problems.append(CellProblem(number, get_column_letter(index + 1), zh, en))
        elif heading is not None:
            places[index] = heading
        elif text:
            passed_over.append(text[:40])
    missing = [one.label for one in headings if one.required and one not in places.values()]
    if not places:
        named = "、".join(missing or known)
        problems.append(CellProblem(0, "", f"没有找到表头：须有 {named}", f"no headings found; needed are {named}"))
    else:
        problems += [
            CellProblem(number, "", f"缺少必填的“{label}”一栏", f"the column “{label}” is missing") for label in missing
        ]
    return places, tuple(passed_over), problems


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
