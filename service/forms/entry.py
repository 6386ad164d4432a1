"""What a request says, laid over what the server has: only known, writable fields; everything else is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from service.forms.access import Level, levels
from service.forms.compiled import CompiledForm
from service.forms.limits import PAIRS
from service.forms.messages import FieldProblem, describe
from service.forms.model import MULTIPLE, Node
from service.forms.places import (
    CONTROLS,
    ROW,
    Path,
    Pattern,
    get,
    matching,
    name_of,
    parse_name,
    pattern_of,
    put,
    rows_of,
)
from service.forms.scope import initialise_data
from service.forms.values import cleaned, empty, typed

_SILENT = MULTIPLE | {"checkbox", "radio", "filepicker"}
"""Controls that send nothing when nothing is chosen: on a page that was sent, silence means empty."""


@dataclass
class Entry:
    """`data` as entered; `unread` what could not be read, by place; `refused` what was not accepted at all."""

    compiled: CompiledForm
    data: dict[str, Any]
    refused: list[FieldProblem] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)

    def refuse(self, name: str, code: str) -> None:
        """Tell of a name that was not accepted."""
        shown = name if len(name) <= 80 else name[:80] + "…"
        code, zh, en = describe(code, None, shown, None)
        self.refused.append(FieldProblem(name, "", code, zh, en))

    def problem(self, path: Path, code: str) -> FieldProblem:
        """A value that could not be read, for a draft."""
        node = self.compiled.patterns[pattern_of(path)]
        code, zh, en = describe(code, node, get(self.data, path), None)
        return FieldProblem(name_of(path), node.label, code, zh, en, rows_of(path))


@dataclass
class _Page:
    """The pairs of a page, sorted: texts by path, and the row numbers each list was sent with."""

    texts: dict[Path, list[str]] = field(default_factory=dict)
    rows: dict[Path, set[int]] = field(default_factory=dict)
    _moves: dict[Path, dict[int, int]] = field(default_factory=dict)

    def add_rows(self, path: Path) -> None:
        for place, part in enumerate(path):
            if isinstance(part, int):
                self.rows.setdefault(path[:place], set()).add(part)

    def renumber(self) -> None:
        self._moves = {place: {old: new for new, old in enumerate(sorted(sent))} for place, sent in self.rows.items()}

    def moved(self, path: Path) -> Path:
        """The path after renumbering: rows count from 0 without gaps, so that a removed row leaves no hole."""
        out: Path = ()
        for place, part in enumerate(path):
            out = (*out, self._moves[path[:place]][part] if isinstance(part, int) else part)
        return out


def read_pairs(
    compiled: CompiledForm, pairs: Iterable[tuple[str, str]], stored: Mapping[str, Any], roles: Collection[str]
) -> Entry:
    """Stored data, where it fits its fields, with the writable fields of a page laid over it."""
    may = levels(compiled.form, roles)
    base = initialise_data(compiled.form, stored, lenient=True)
    entry = Entry(compiled, deepcopy(base))
    page = _sort(entry, pairs, may)
    fresh = _place_rows(entry, page, base)
    _silence(entry, page, may, fresh)
    for path, texts in page.texts.items():
        node = compiled.patterns[pattern_of(path)]
        value, code = typed(node, texts)
        put(entry.data, page.moved(path), value)
        if code:
            entry.unread[page.moved(path)] = code
    return entry


def _sort(entry: Entry, pairs: Iterable[tuple[str, str]], may: Mapping[str, Level]) -> _Page:
    page = _Page()
    for number, (name, text) in enumerate(pairs):
        if number >= PAIRS:
            entry.refuse("", "too-many")
            break
        if name in CONTROLS:
            continue
        path = parse_name(name)
        is_row = len(path) > 2 and path[-1] == ROW
        node = entry.compiled.patterns.get(pattern_of(path[:-2] if is_row else path)) if path else None
        if node is None or not (node.repeats if is_row else _takes_input(node)):
            entry.refuse(name, "unknown")
        elif may[node.id] != "write":
            entry.refuse(name, "not-writable")
        else:
            page.add_rows(path)
            if not is_row:
                page.texts.setdefault(path, []).append(text)
    page.renumber()
    return page


def _place_rows(entry: Entry, page: _Page, base: Mapping[str, Any]) -> set[Path]:
    """Put the rows of the page where they belong; answers with those only just added, which have their defaults."""
    told = {path[: place + 1] for path in page.texts for place, part in enumerate(path) if isinstance(part, int)}
    fresh: set[Path] = set()
    for place in sorted(page.rows, key=len):
        have = get(base, place)
        kept = have if isinstance(have, list) else []
        sent = sorted(page.rows[place])
        put(entry.data, page.moved(place), [deepcopy(kept[old]) if old < len(kept) else {} for old in sent])
        fresh |= {page.moved((*place, old)) for old in sent if old >= len(kept) and (*place, old) not in told}
    return fresh


def _takes_input(node: Node) -> bool:
    return node.is_field and not node.is_computed and not node.disabled


def _silence(entry: Entry, page: _Page, may: Mapping[str, Level], fresh: Collection[Path]) -> None:
    """Clear what sends nothing when empty: boxes, lists of choices, files, a list without rows."""
    sent = {page.moved(place) for place in page.rows}

    def visit(node: Node, above: Path) -> None:
        here = above + node.path
        if may[node.id] == "write":
            _silence_one(entry, node, here, sent)
        if not node.repeats:
            for child in node.components:
                visit(child, here)
            return
        rows = get(entry.data, here)
        for number in range(len(rows) if isinstance(rows, list) else 0):
            for child in node.components if (*here, number) not in fresh else ():
                visit(child, (*here, number))

    visit(entry.compiled.form.root, ())


def _silence_one(entry: Entry, node: Node, here: Path, sent: Collection[Path]) -> None:
    if node.repeats and here not in sent:
        put(entry.data, here, [])
    if node.type in _SILENT and _takes_input(node):
        put(entry.data, here, empty(node))


def drop_foreign_files(entry: Entry, attachments: Collection[str]) -> None:
    """Clear the file fields that name an id outside `attachments`."""
    for pattern, node in entry.compiled.patterns.items():
        if node.type != "filepicker":
            continue
        for path in matching(entry.data, pattern):
            value = get(entry.data, path)
            if isinstance(value, list) and any(code not in attachments for code in value):
                put(entry.data, path, [code for code in value if code in attachments] or None)
                entry.unread[path] = "attachment"


@dataclass
class _Body:
    """A JSON body being laid over stored data."""

    entry: Entry
    stored: Mapping[str, Any]
    may: Mapping[str, Level]
    objects: Collection[Pattern]

    def visit(self, value: Any, path: Path) -> None:
        pattern = pattern_of(path)
        node = self.entry.compiled.patterns.get(pattern)
        if node is not None:
            self._place(node, value, path)
        elif path and pattern not in self.objects:
            self.entry.refuse(name_of(path), "unknown")
        elif not isinstance(value, Mapping):
            self.entry.refuse(name_of(path), "type")
        else:
            for name, item in value.items():
                self.visit(item, (*path, str(name)))

    def _place(self, node: Node, value: Any, path: Path) -> None:
        if self.may[node.id] != "write":
            if get(self.stored, path) != value:
                self.entry.refuse(name_of(path), "not-writable")
        elif node.repeats:
            self._rows(value, path)
        elif not _takes_input(node):
            self.entry.refuse(name_of(path), "unknown")
        else:
            put(self.entry.data, path, cleaned(node, value))

    def _rows(self, value: Any, path: Path) -> None:
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.entry.refuse(name_of(path), "type")
            return
        have = get(self.stored, path)
        kept = have if isinstance(have, list) else []
        put(self.entry.data, path, [deepcopy(kept[n]) if n < len(kept) else {} for n in range(len(value))])
        for number, row in enumerate(value):
            for name, item in row.items():
                self.visit(item, (*path, number, str(name)))


def overlay(
    compiled: CompiledForm, given: Mapping[str, Any], stored: Mapping[str, Any], roles: Collection[str]
) -> Entry:
    """Stored data with a JSON body laid over it; a list in the body stands for the whole list."""
    base = initialise_data(compiled.form, stored, lenient=True)
    entry = Entry(compiled, deepcopy(base))
    objects = {pattern[:length] for pattern in compiled.patterns for length in range(1, len(pattern))}
    _Body(entry, base, levels(compiled.form, roles), objects).visit(given, ())
    return entry
