"""The pool of experts, kept by the office: the list, an Excel import, one expert, absences, and who is tied to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import experts as commands
from service.commands.experts import Entrant, Profile, RowProblem, RowsRefused
from service.delivery import sheet_rows, spreadsheet
from service.domain.errors import InvalidInput
from service.queries import experts
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.download import attachment
from service.web.i18n import gettext, language, this_day
from service.web.menu import OFFICE
from service.web.security import moment, requires, who

pages = Blueprint("experts", __name__, url_prefix="/experts")

# The columns of the table, as they stand in the template, and what each is called here.
COLUMNS: Final = {
    "姓名": "name",
    "工作单位": "employer",
    "统一社会信用代码": "employer_credit_code",
    "职称": "title",
    "专业领域": "field",
    "电子邮箱": "email",
    "回避单位": "avoid",
}
REQUIRED: Final = ("姓名", "工作单位", "专业领域")
EXAMPLE: Final = ("示例专家", "示例研究院", "", "研究员", "新材料", "expert@example.invalid", "示例大学；示例公司")


@pages.get("")
@requires(OFFICE)
def index() -> ResponseReturnValue:
    """The pool, with who is away."""
    asked = schemas.query(schemas.ExpertsQuery)
    found = experts.page(db.session(), this_day(), text=asked["q"], state=asked["state"], after=asked["after"])
    return render_template("pages/experts.html", section="experts", asked=asked, found=found)


@pages.get("/import")
@requires(OFFICE)
def ask() -> ResponseReturnValue:
    """What the table must look like, and where it is handed in."""
    return _import(())


@pages.get("/template.xlsx")
@requires(OFFICE)
def template() -> ResponseReturnValue:
    """An empty table with the right headings and one example."""
    content = spreadsheet.listing("专家库导入", tuple(COLUMNS), [EXAMPLE], moment())
    return attachment(make_response(content), "专家库导入.xlsx", spreadsheet.MEDIA_TYPE)


@pages.post("/import")
@requires(OFFICE)
def enter() -> ResponseReturnValue:
    """Enter all rows of the table, or none: each wrong entry is named with its row and column."""
    upload = request.files.get("table")
    if upload is None or not upload.filename:
        return _import((RowProblem(0, "", "请先选择文件", "choose a file first"),))
    try:
        rows = sheet_rows.read(upload.stream.read(sheet_rows.MAX_BYTES + 1), tuple(COLUMNS), required=REQUIRED)
    except sheet_rows.TableRefused as refusal:
        return _import((RowProblem(0, "", refusal.zh, refusal.en),))
    wrong = [problem for row in rows for problem in _misfits(row)]
    if not rows:
        wrong.append(RowProblem(0, "", "表头下面没有内容", "there is nothing below the headings"))
    if wrong:
        return _import(wrong)
    try:
        count = transact(commands.enter, [_entrant(row) for row in rows], actor=who(), now=moment())
    except RowsRefused as refusal:
        return _import(refusal.details["problems"])
    flash(gettext("已导入 %(num)d 位专家；写了邮箱的会收到设置密码的链接。", num=count))
    return redirect("/experts", 303)


@pages.get("/ties")
@requires(OFFICE)
def ties() -> ResponseReturnValue:
    """Who stays out of which unit's cases, as a picture and as a table."""
    rows = experts.ties(db.session(), this_day())
    return render_template("pages/expert_ties.html", section="experts", rows=rows, picture=_picture(rows))


@pages.get("/<int:expert_id>")
@requires(OFFICE)
def show(expert_id: int) -> ResponseReturnValue:
    """One expert: fields, absences, ties."""
    return _one(expert_id, {}, {}, 200)


@pages.post("/<int:expert_id>")
@requires(OFFICE)
def change(expert_id: int) -> ResponseReturnValue:
    """Save the fields; a wrong one keeps everything that was entered."""
    given = {name: value.strip() for name, value in request.form.items()}
    problems = schemas.problems(schemas.ExpertForm, given, _words())
    if not problems:
        profile = _profile(schemas.ExpertForm().load(given))
        try:
            transact(
                commands.change, expert_id, profile, active=given.get("active") == "yes", actor=who(), now=moment()
            )
        except InvalidInput as refusal:
            problems = {str(refusal.details["name"]): refusal.text(language())}
    if problems:
        return _one(expert_id, given, problems, 422)
    flash(gettext("已保存。"))
    return redirect(f"/experts/{expert_id}", 303)


@pages.post("/<int:expert_id>/absences")
@requires(OFFICE)
def note_absence(expert_id: int) -> ResponseReturnValue:
    """Note days on which the expert is not drawn."""
    given = {name: value.strip() for name, value in request.form.items()}
    problems = schemas.problems(schemas.AbsenceForm, given, _words())
    if not problems:
        days = schemas.AbsenceForm().load(given)
        try:
            transact(commands.note_absence, expert_id, **days, actor=who(), now=moment())
        except InvalidInput as refusal:
            problems = {str(refusal.details["name"]): refusal.text(language())}
    if problems:
        return _one(expert_id, given, problems, 422)
    flash(gettext("已登记，这些天抽不到这位专家。"))
    return redirect(f"/experts/{expert_id}#absences", 303)


@pages.post("/<int:expert_id>/absences/<int:absence_id>/end")
@requires(OFFICE)
def end_absence(expert_id: int, absence_id: int) -> ResponseReturnValue:
    """Take a noted absence back."""
    transact(commands.end_absence, expert_id, absence_id, actor=who(), now=moment())
    flash(gettext("已取消。"))
    return redirect(f"/experts/{expert_id}#absences", 303)


def _import(problems: Iterable[RowProblem]) -> ResponseReturnValue:
    shown = tuple(problems)
    page = render_template("pages/expert_import.html", section="experts", columns=COLUMNS, required=REQUIRED,
                           problems=shown, most=sheet_rows.MAX_ROWS)  # fmt: skip
    return make_response(page, 422 if shown else 200)


def _one(expert_id: int, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session, today = db.session(), this_day()
    page = render_template(
        "pages/expert.html",
        section="experts",
        expert=experts.find(session, expert_id, today),
        absences=experts.absences(session, expert_id),
        ties=experts.ties(session, today, expert_id),
        given=given,
        problems=problems,
    )
    return make_response(page, status)


def _misfits(row: sheet_rows.SheetRow) -> list[RowProblem]:
    wrong = schemas.ExpertLine().validate(_named(row))
    called = {name: heading for heading, name in COLUMNS.items()}
    zh = {name: (words, words) for name, words in _words().items()}
    return [RowProblem(row.line, called[name], *zh.get(name, ("不对", "is wrong"))) for name in wrong]


def _entrant(row: sheet_rows.SheetRow) -> Entrant:
    loaded = schemas.ExpertLine().load(_named(row))
    return Entrant(row.line, _profile(loaded), loaded["email"])


def _named(row: sheet_rows.SheetRow) -> dict[str, str]:
    return {name: row.cells[heading] for heading, name in COLUMNS.items()}


def _profile(loaded: dict[str, Any]) -> Profile:
    units = loaded["avoid"].replace("；", "\n").replace(";", "\n").splitlines()
    avoid = tuple(dict.fromkeys(unit.strip() for unit in units if unit.strip()))
    named = {name: loaded[name] for name in ("name", "employer", "field", "title", "employer_credit_code")}
    return Profile(**named, avoid=avoid)


def _words() -> dict[str, Any]:
    return {
        "name": gettext("请填写姓名，2 到 30 字"),
        "employer": gettext("请填写工作单位全称，2 到 80 字"),
        "employer_credit_code": gettext("信用代码是 18 位"),
        "title": gettext("不超过 40 字"),
        "field": gettext("请填写一个专业领域，2 到 40 字"),
        "email": gettext("邮箱不对"),
        "avoid": gettext("不超过 1000 字"),
        "from_on": gettext("请填写开始日期"),
        "to_on": gettext("请填写结束日期"),
        "reason": gettext("不超过 100 字"),
    }


def _picture(rows: tuple[experts.TieRow, ...]) -> dict[str, Any]:
    """Experts on the left, units on the right, a line for each tie; a unit with one tie alone is left to the table."""
    counted: dict[str, int] = {}
    for row in rows:
        counted[row.unit] = counted.get(row.unit, 0) + 1
    drawn = [row for row in rows if counted[row.unit] > 1 or row.kind != experts.EMPLOYMENT][:40]
    left = list(dict.fromkeys((row.expert_id, row.expert) for row in drawn))
    right = list(dict.fromkeys(row.unit for row in drawn))
    places = {key: number for number, (key, _) in enumerate(left)}
    lines = [(places[row.expert_id], right.index(row.unit), row.kind) for row in drawn]
    return {"left": [name for _, name in left], "right": right, "lines": lines}
