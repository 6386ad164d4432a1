"""A list of a task's form filled in as an Excel sheet: its template, and the upload judged row by row."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from service.delivery.row_sheets import CellProblem, Heading, ReadRows, read_rows, template
from service.domain.errors import FileRefused, NotFound
from service.domain.identity import Actor
from service.forms import FieldProblem, SheetList, plain_list, row_pairs, sheet_list, take
from service.programmes.task_forms import TaskForm
from service.queries import task_page
from service.store.session import db
from service.web.i18n import gettext, language
from service.web.pairs import Pair
from service.web.security import moment

PREFIX = "_sheet:"


@dataclass(frozen=True, slots=True)
class Imported:
    """The pairs of the page with the list replaced, or what is wrong with the sheet; then nothing of it counts."""

    pairs: list[Pair]
    count: int
    problems: tuple[CellProblem, ...]
    note: str = ""  # which columns were not read


def workbook(task_id: int, actor: Actor, name: str) -> tuple[str, bytes]:
    """The template of a list, filled with the rows of the draft; NotFound for what is no list of this person's form."""
    form = _form(task_id, actor)
    asked = _asked(form, name)
    rows = [{column.key: column.shown(value) for column, value in row} for row in plain_list(form.given, asked)]
    note = f"从第 2 行起每行填一项，最多 {asked.most} 行；带 * 的必填；不要改第一行的栏目。"
    return f"{asked.label}.xlsx", template(asked.label, _headings(asked), rows, note)


def imported(task_id: int, actor: Actor, name: str, entered: list[Pair]) -> Imported:
    """Judge an uploaded sheet by the rules of the form itself. Raises FileRefused, with the list as its field.

    The rows of the sheet take the place of the list's; files of a unit that was there before stay with it.
    """
    form = _form(task_id, actor)
    asked = _asked(form, name)
    upload = request.files.get(PREFIX + name)
    if upload is None or not upload.filename:
        raise FileRefused(
            name="Excel", field=name, kept=[], zh="请先选择填好的 Excel 文件", en="choose the filled workbook"
        )
    try:
        found = read_rows(upload.filename, upload.stream.read(), _headings(asked), asked.most)
    except FileRefused as refusal:
        refusal.details.update(field=name, kept=[])
        raise
    others = [pair for pair in entered if not pair[0].startswith(f"{name}[")]
    pairs = [*others, *row_pairs(asked, [row for _, row in found.rows], form.given)]
    judged = () if found.problems else _judged(form, asked, pairs, [number for number, _ in found.rows])
    return Imported(pairs, len(found.rows), found.problems or judged, passed_over(found))


def _judged(form: TaskForm, asked: SheetList, pairs: list[Pair], numbers: list[int]) -> tuple[CellProblem, ...]:
    """What the form says of the rows, by the sheet's own row number and heading; files are uploaded afterwards."""
    labels = {column.key: column.label for column in asked.columns}
    offered = {column.key: [text for text, _ in column.options] for column in asked.columns}
    judged = take(
        form.compiled, pairs, stored=form.given, roles=form.roles, variables=form.variables, functions=form.functions,
        today=form.today, attachments=form.attachments,
    )  # fmt: skip
    out = []
    for problem in judged.problems:
        row, _, key = problem.control.removeprefix(f"{asked.name}[").partition("].")
        if problem.control.startswith(f"{asked.name}[") and row.isdigit() and key in labels:
            out.append(CellProblem(numbers[int(row)], labels[key], *_said(problem, offered[key])))
    return tuple(out)


def _said(problem: FieldProblem, offered: list[str]) -> tuple[str, str]:
    """In both languages; a sheet shows no choices, so they are named where a word is none of them."""
    if problem.code != "option" or not offered:
        return problem.zh, problem.en
    return f"只能填：{'、'.join(offered)}", f"must be one of: {', '.join(offered)}"


def passed_over(found: ReadRows) -> str:
    """Which columns of a sheet were not read, in the reader's language; empty where all were."""
    named = "、".join(found.passed_over)
    return gettext("没有读的栏目：%(named)s。", named=named) if named else ""


def told(problem: CellProblem) -> str:
    """The problem in the reader's language, with its row and column."""
    text = problem.en if language() == "en" else problem.zh
    if language() == "en":
        place = f"Row {problem.row}" + (f", “{problem.column}”" if problem.column else "") + ": "
    else:
        place = f"第 {problem.row} 行" + (f"“{problem.column}”" if problem.column else "") + "："
    return (place if problem.row else "") + text


def _headings(asked: SheetList) -> list[Heading]:
    return [
        Heading(one.key, one.label, one.required, tuple(text for text, _ in one.options), one.hint)
        for one in asked.columns
    ]


def _asked(form: TaskForm, name: str) -> SheetList:
    asked = sheet_list(form.compiled, name, form.roles) if len(name) <= 80 else None
    if asked is None:
        raise NotFound()
    return asked


def _form(task_id: int, actor: Actor) -> TaskForm:
    session = db.session()
    page = task_page.load(session, actor, task_id, moment())
    if not page.task.form:
        raise NotFound()
    return task_page.form_of(session, page, actor, moment())
