"""An authority's pool of experts, kept by its office: the list, an Excel import, one expert, absences, ties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import experts as commands
from service.commands.experts import Entrant, Profile, RowsRefused
from service.delivery import row_sheets, spreadsheet
from service.delivery.row_sheets import SHEET_BYTES, CellProblem, Heading
from service.domain.errors import FileRefused, InvalidInput
from service.queries import experts
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.download import attachment
from service.web.i18n import gettext, language, this_day
from service.web.list_sheets import passed_over
from service.web.menu import OFFICE
from service.web.security import moment, requires, who

pages = Blueprint("experts", __name__, url_prefix="/experts")

COLUMNS: Final = (
    Heading("name", "姓名", required=True),
    Heading("employer", "工作单位", required=True, hint="全称，按它判断是否同一单位"),
    Heading("employer_credit_code", "统一社会信用代码", hint="18 位"),
    Heading("title", "职称"),
    Heading("field", "专业领域", required=True),
    Heading("email", "电子邮箱", hint="用来发邀请和设置密码的链接"),
    Heading("avoid", "回避单位", hint="几家用分号隔开"),
)
EXAMPLE: Final = {
    "name": "示例专家", "employer": "示例研究院", "title": "研究员", "field": "新材料",
    "email": "expert@example.invalid", "avoid": "示例大学；示例公司",
}  # fmt: skip
MOST_ROWS: Final = 2_000
MOST_DIGITS: Final = 18  # of an id


@pages.get("")
@requires(OFFICE)
def index() -> ResponseReturnValue:
    """The pool, with who is away."""
    asked = schemas.query(schemas.ExpertsQuery)
    found = experts.page(db.session(), who(), this_day(), text=asked["q"], state=asked["state"], after=asked["after"])
    return render_template("pages/experts.html", section="experts", asked=asked, found=found)


@pages.get("/import")
@requires(OFFICE)
def ask() -> ResponseReturnValue:
    """What the table must look like, and where it is handed in."""
    return _import(())


@pages.get("/template.xlsx")
@requires(OFFICE)
def template() -> ResponseReturnValue:
    """A table with the right headings and one example."""
    note = f"从第 2 行起每行填一位专家，最多 {MOST_ROWS} 行；带 * 的必填；第 2 行是样例，请删去。"
    content = row_sheets.template("专家库导入", COLUMNS, [EXAMPLE], note)
    return attachment(make_response(content), "专家库导入.xlsx", spreadsheet.MEDIA_TYPE)


@pages.post("/import")
@requires(OFFICE)
def enter() -> ResponseReturnValue:
    """Enter all rows of the table into one pool, or none: each wrong entry is named with its row and column."""
    authority_id = _chosen_pool()
    upload = request.files.get("table")
    if upload is None or not upload.filename:
        return _import((CellProblem(0, "", "请先选择文件", "choose a file first"),))
    try:
        found = row_sheets.read_rows(upload.filename, upload.stream.read(SHEET_BYTES + 1), COLUMNS, MOST_ROWS)
    except FileRefused as refusal:
        return _import((CellProblem(0, "", refusal.text("zh"), refusal.text("en")),))
    wrong = found.problems or tuple(problem for line, row in found.rows for problem in _misfits(line, row))
    if wrong:
        return _import(wrong)
    try:
        entrants = [_entrant(line, row) for line, row in found.rows]
        count = transact(commands.enter, authority_id, entrants, actor=who(), now=moment())
    except RowsRefused as refusal:
        return _import(refusal.details["problems"])
    flash(gettext("已导入 %(num)d 位专家；写了邮箱的会收到设置密码的链接。", num=count) + passed_over(found))
    return redirect("/experts", 303)


@pages.get("/ties")
@requires(OFFICE)
def ties() -> ResponseReturnValue:
    """Who stays out of which unit's cases, as a picture and as a table."""
    found = experts.ties(db.session(), who(), this_day())
    rows = found[: experts.MOST_TIES]
    return render_template(
        "pages/expert_ties.html", section="experts", rows=rows, picture=_picture(rows), more=len(found) > len(rows)
    )


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


def _chosen_pool() -> int:
    """The pool the table is for: the one that was chosen, or the only one. The command judges it."""
    given = request.form.get("authority", "")
    if given.isdecimal() and len(given) <= MOST_DIGITS:
        return int(given)
    kept = experts.pools(db.session(), who())
    return kept[0].authority_id if len(kept) == 1 else 0


def _import(problems: Iterable[CellProblem]) -> ResponseReturnValue:
    shown = tuple(problems)
    page = render_template(
        "pages/expert_import.html", section="experts", columns=COLUMNS, problems=shown, most=MOST_ROWS,
        pools=experts.pools(db.session(), who()), chosen=request.form.get("authority", ""),
    )  # fmt: skip
    return make_response(page, 422 if shown else 200)


def _one(expert_id: int, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session, today = db.session(), this_day()
    page = render_template(
        "pages/expert.html",
        section="experts",
        expert=experts.find(session, who(), expert_id, today),
        absences=experts.absences(session, expert_id),
        ties=experts.ties(session, who(), today, expert_id),
        given=given,
        problems=problems,
    )
    return make_response(page, status)


def _misfits(line: int, row: Mapping[str, str]) -> list[CellProblem]:
    labels, words = {one.key: one.label for one in COLUMNS}, _words()
    wrong = schemas.ExpertLine().validate(row)
    return [CellProblem(line, labels[name], *[words.get(name, gettext("不对"))] * 2) for name in wrong]


def _entrant(line: int, row: Mapping[str, str]) -> Entrant:
    loaded = schemas.ExpertLine().load(row)
    return Entrant(line, _profile(loaded), loaded["email"])


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
