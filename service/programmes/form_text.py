"""A filled form as the text of a paper: its groups as headings, its answers as tables, its lists as tables of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.forms import FormView
from service.forms.page import Block, FieldView
from service.programmes.letter_text import escape_markdown

_LEVELS = 3
_HEAD = {"zh": ("栏目", "内容"), "en": ("Entry", "Content")}


def form_text(view: FormView) -> str:
    """The form as Markdown, as far as its reader may see it; instructions of the form itself are left out.

    Answers are escaped: nothing that somebody entered becomes a heading, a link or a table.
    """
    return "\n\n".join(_blocks(view.blocks, view, 1)) or str(view.words["nothing"])


def _blocks(blocks: Iterable[Block], view: FormView, level: int) -> Iterator[str]:
    for block in blocks:
        if block.facts:
            yield _facts(block.fields, view)
        else:
            for field in block.fields:
                yield from _part(field, view, level)


def _facts(fields: Iterable[FieldView], view: FormView) -> str:
    return _table(_HEAD[view.lang], ([field.label, _answer(field, view)] for field in fields))


def _part(field: FieldView, view: FormView, level: int) -> Iterator[str]:
    if field.kind == "group":
        if field.label and field.lines:
            yield _heading(field.label, level)
        yield from _blocks(field.blocks, view, level + bool(field.label))
    elif field.kind == "dynamiclist":
        yield from _rows(field, view, level)
    elif field.kind == "table" and field.part.cells:
        if field.label:
            yield _heading(field.label, level)
        yield _table(field.part.columns, field.part.cells)


def _rows(field: FieldView, view: FormView, level: int) -> Iterator[str]:
    """The rows as one table where they are short, else each under a heading of its own."""
    if field.label:
        yield _heading(field.label, level)
    table = field.table
    if table and len(table.labels) > 1:
        cells = [
            [str(number), *(_answer(cell, view) if cell else "" for cell in row)]
            for number, row in enumerate(table.cells, start=1)
        ]
        yield _table([view.words["number"], *table.labels], cells)
        return
    for row in field.rows:
        yield _heading(view.words["row"].format(number=row.number), level + 1)
        yield from _blocks(row.blocks, view, level + 2)
    if not field.rows:
        yield escape_markdown(view.words["no_rows"])


def _answer(field: FieldView, view: FormView) -> str:
    """What was answered: files by their names, numbers with their unit."""
    if field.kind == "filepicker":
        named = [view.files.get(code, code) for code in field.value or []]
        return view.words["list_separator"].join(named) or view.words["nothing"]
    if field.text == view.words["nothing"]:
        return field.text
    return " ".join(part for part in (field.part.prefix, field.text, field.part.suffix) if part)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = [_cell(title) for title in titles]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _heading(text: str, level: int) -> str:
    return f"{'#' * min(level, _LEVELS)} {escape_markdown(text)}"


def _cell(text: str) -> str:
    return escape_markdown(str(text), True)
