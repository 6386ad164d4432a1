"""A repeating list as the columns of a sheet: what each row may be given, and what a cell's words stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.forms.access import levels
from service.forms.compiled import CompiledForm
from service.forms.display import unit
from service.forms.limits import ROWS
from service.forms.model import CHOICES, MULTIPLE, Node
from service.forms.places import Pattern, get, name_of, parse_name

YES, NO = "是", "否"
_APART = "、,，;；\n"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` within the row, the heading, whether each row must have it, and what may stand in it."""

    key: str
    label: str
    kind: str
    required: bool
    options: tuple[tuple[str, str], ...]
    several: bool
    hint: str

    def texts(self, cell: str) -> list[str]:
        """What a browser would send for the cell; a word that is no option stays as written and is told of later."""
        if self.kind == "checkbox":
            return ["true"] if cell in (YES, "true", "TRUE", "1", "yes") else []
        if not self.options:
            return [cell] if cell else []
        words = [cell]
        if self.several:
            for mark in _APART:
                words = [part for word in words for part in word.split(mark)]
        known = {text: value for text, value in self.options}
        return [known.get(word.strip(), word.strip()) for word in words if word.strip()]

    def shown(self, value: Any) -> str:
        """A row's value as the cell says it."""
        if self.kind == "checkbox":
            return YES if value is True else ""
        words = {stored: text for text, stored in self.options}
        if isinstance(value, list):
            return "、".join(words.get(str(one), str(one)) for one in value)
        return "" if value is None else words.get(str(value), str(value))


@dataclass(frozen=True, slots=True)
class SheetList:
    """A list that can be filled in as a sheet; it has at most `most` rows; a sheet leaves `files` out."""

    name: str
    label: str
    columns: tuple[Column, ...]
    files: tuple[str, ...]
    most: int

    @property
    def matched_by(self) -> str:
        """The key by which a row of a sheet is known again: what looks like the unit's code, else the first column."""
        return next((one.key for one in self.columns if one.kind == "uscc"), self.columns[0].key)


def sheet_list(compiled: CompiledForm, name: str, roles: Collection[str]) -> SheetList | None:
    """The list of this name with the columns these roles may write; None for what is no list of theirs."""
    path = parse_name(name)
    node = compiled.patterns.get(tuple(str(part) for part in path))
    may = levels(compiled.form, roles)
    if node is None or not node.repeats or may[node.id] != "write" or node.raw.get("allowAddRemove") is not True:
        return None
    inside = _inside(compiled, (*compiled.form.places[node.id], None))
    writable = [
        (key, one) for key, one in inside if may[one.id] == "write" and not one.is_computed and not one.disabled
    ]
    columns = tuple(_column(key, one) for key, one in writable if one.type != "filepicker")
    files = tuple(key for key, one in writable if one.type == "filepicker")
    return SheetList(name, node.label, columns, files, node.count("max-items") or ROWS) if columns else None


def sheet_lists(compiled: CompiledForm, roles: Collection[str]) -> tuple[str, ...]:
    """The names of the lists that can be filled in as a sheet."""
    names = (name_of(tuple(str(part) for part in place)) for place, node in compiled.patterns.items() if node.repeats
             and None not in place)  # fmt: skip
    return tuple(name for name in names if sheet_list(compiled, name, roles) is not None)


def row_pairs(asked: SheetList, rows: Sequence[Mapping[str, str]], stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The rows of a sheet as a page would send them; files of a row known by its code stay with it."""
    had = get(stored, parse_name(asked.name)) or []
    known = {str(get(row, parse_name(asked.matched_by)) or ""): row for row in had if isinstance(row, Mapping)}
    pairs: list[tuple[str, str]] = []
    for number, row in enumerate(rows):
        place = f"{asked.name}[{number}]"
        pairs.append((f"{place}._row", "1"))
        for column in asked.columns:
            pairs += [(f"{place}.{column.key}", text) for text in column.texts(row.get(column.key, ""))]
        before = known.get(row.get(asked.matched_by, ""), {})
        for key in asked.files:
            pairs += [(f"{place}.{key}", code) for code in get(before, parse_name(key)) or ()]
    return pairs


def _inside(compiled: CompiledForm, place: Pattern) -> Iterator[tuple[str, Node]]:
    """The fields of a row, with their keys in it; a list within the row is no column."""
    for pattern, node in compiled.patterns.items():
        rest = pattern[len(place) :]
        if pattern[: len(place)] == place and rest and None not in rest and node.is_field:
            yield ".".join(str(part) for part in rest), node


def _column(key: str, node: Node) -> Column:
    measure = unit(node, "zh")
    options = tuple(
        (str(one.get("label", "")), str(one.get("value", "")))
        for one in node.raw.get("values") or ()
        if isinstance(one, Mapping)
    )
    kind = "uscc" if node.format == "uscc" else node.type
    hint = str(node.raw.get("description") or "")
    return Column(
        key,
        f"{node.label}（{measure}）" if measure else node.label or key,
        kind,
        node.required and node.hide is False,
        options if node.type in CHOICES else (),
        node.type in MULTIPLE,
        hint if not hint.startswith("=") else "",
    )


def plain_list(data: Mapping[str, Any], asked: SheetList) -> list[list[tuple[Column, Any]]]:
    """The rows that there are, each as its columns with their values."""
    rows = get(data, parse_name(asked.name)) or []
    return [
        [(column, get(row, parse_name(column.key))) for column in asked.columns]
        for row in rows
        if isinstance(row, Mapping)
    ]
