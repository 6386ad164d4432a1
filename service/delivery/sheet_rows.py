"""Reads the rows of an uploaded Excel table by the names of its columns; every cell comes as text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from openpyxl import load_workbook

from service.delivery.unpacking import harm_in

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 2_000
_LOOK_FOR_HEADINGS: Final = 10  # a title may stand over the headings


class TableRefused(ValueError):  # noqa: N818 - read at the call site: "except TableRefused"
    """The file cannot be read as the table asked for; says why in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number as Excel shows it, and its cells by heading."""

    line: int
    cells: dict[str, str]


def read(content: bytes, headings: Sequence[str], *, required: Iterable[str]) -> list[SheetRow]:
    """The rows below the headings of the first sheet, empty ones left out. Raises TableRefused.

    Columns may stand in any order; one that is not asked for is passed over. Formulas are not worked out: what Excel
    kept of their result is read.
    """
    if len(content) > MAX_BYTES:
        raise TableRefused(f"文件超过 {MAX_BYTES // 1024 // 1024} MB", "the file is too large")
    found = _values(content)
    for number, row in enumerate(found[:_LOOK_FOR_HEADINGS]):
        if set(required) <= set(row):
            return _below(found, number, headings)
    named = "、".join(required)
    raise TableRefused(f"没有找到表头：第一行须有 {named}", f"no headings found; the first row needs {named}")


def _values(content: bytes) -> list[list[str]]:
    try:
        harm = harm_in(content)
        if harm is not None:
            raise TableRefused(*harm)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = []
        for row in sheet.iter_rows(values_only=True):
            rows.append([_text(value) for value in row])
            if len(rows) > MAX_ROWS + _LOOK_FOR_HEADINGS:
                raise TableRefused(f"最多 {MAX_ROWS} 行", f"at most {MAX_ROWS} rows")
    except TableRefused:
        raise
    except Exception as error:  # whatever a damaged file makes the reader raise
        raise TableRefused("不是可以打开的 Excel 文件（.xlsx）", "not an Excel file (.xlsx) that opens") from error
    return rows


def _below(found: list[list[str]], number: int, headings: Sequence[str]) -> list[SheetRow]:
    places = {name: found[number].index(name) for name in headings if name in found[number]}
    rows = []
    for line, row in enumerate(found[number + 1 :], start=number + 2):
        cells = {name: row[place] if place < len(row) else "" for name, place in places.items()}
        if any(cells.values()):
            rows.append(SheetRow(line, {name: cells.get(name, "") for name in headings}))
    if len(rows) > MAX_ROWS:
        raise TableRefused(f"最多 {MAX_ROWS} 行", f"at most {MAX_ROWS} rows")
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
