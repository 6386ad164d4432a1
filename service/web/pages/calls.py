"""What an administrator sets up for a year: calls with their dates, and the business calendar."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import calendar as calendar_commands
from service.commands import calls as commands
from service.commands import extensions
from service.commands.intake import IntakeClosed
from service.domain.errors import CalendarGap, DeadlinePassed, InvalidInput, NotFound
from service.programmes.manifest import DeadlineRule
from service.queries import calls, programmes
from service.queries import extensions as extents
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, language, this_day
from service.web.menu import ADMINISTRATOR
from service.web.security import moment, requires, who

pages = Blueprint("calls", __name__, url_prefix="/operations")

MAX_CALENDAR_BYTES = 200_000
ARCHIVED = "archived"  # nothing of the call runs any more: no date of it is moved


@pages.get("/calls")
@requires(ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """The calls in all their phases, and the programmes that can have one."""
    return _index()


@pages.get("/calls/<key>/new")
@requires(ADMINISTRATOR)
def ask(key: str) -> ResponseReturnValue:
    """The form of a new call: its title, and a date for each deadline whose rule is the call's."""
    return _form(key, {}, {}, 200)


@pages.post("/calls/<key>/new")
@requires(ADMINISTRATOR)
def open_call(key: str) -> ResponseReturnValue:
    """Open the call."""
    given = {name: value.strip() for name, value in request.form.items()}
    words = {
        "title": gettext("请填写批次名称"),
        "call_key": gettext("请填写编号，例如 2026-1"),
        "year": gettext("请填写年份"),
        "opens_on": gettext("请填写开始日期"),
    }
    problems = schemas.problems(schemas.CallForm, given, words)
    dates, wrong = _dates(_rules(key), given)
    problems |= wrong
    if problems:
        return _form(key, given, problems, 422)
    loaded = schemas.CallForm().load(given)
    try:
        transact(
            commands.open_call, key, key=loaded["call_key"], year=loaded["year"], title=loaded["title"],
            opens_on=loaded["opens_on"], dates=dates, actor=who(), now=moment(),
        )  # fmt: skip
    except IntakeClosed as refusal:
        return _form(key, given, {"opens_on": refusal.text(language())}, 422)
    except InvalidInput as refusal:
        named = {rule.name: f"date-{rule.key}" for rule in _rules(key)}
        field = named.get(refusal.details["field"], "call_key")
        return _form(key, given, {field: refusal.text(language())}, 422)
    except CalendarGap as refusal:
        told = gettext("%(why)s也可以把各项日期都填上，不用推算。", why=refusal.text(language()))
        return _form(key, given, {_dated_in(given, refusal.details["year"]): told}, 422)
    flash(gettext("批次已开放。"))
    return redirect("/operations/calls", 303)


@pages.post("/calendar")
@requires(ADMINISTRATOR)
def import_calendar() -> ResponseReturnValue:
    """Show which dates a year's holidays and make-up days would move; nothing is kept until it is applied."""
    upload = request.files.get("calendar")
    if upload is None or not upload.filename:
        return _index(gettext("请先选择文件"))
    try:
        content = upload.stream.read(MAX_CALENDAR_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        return _index(gettext("须为 UTF-8 文本"))
    return _calendar(content, apply=False)


@pages.post("/calendar/apply")
@requires(ADMINISTRATOR)
def apply_calendar() -> ResponseReturnValue:
    """Import what was looked at."""
    return _calendar(request.form.get("content", "")[:MAX_CALENDAR_BYTES], apply=True)


@pages.get("/calls/<int:call_id>/extend")
@requires(ADMINISTRATOR)
def ask_extension(call_id: int) -> ResponseReturnValue:
    """The form of an extension: which date, until when, why."""
    return _extension(call_id, {}, {}, 200)


@pages.post("/calls/<int:call_id>/extend")
@requires(ADMINISTRATOR)
def extend(call_id: int) -> ResponseReturnValue:
    """Extend a date of the call; its cases follow and their units are told."""
    given = {name: value.strip() for name, value in request.form.items()}
    words = {
        "deadline": gettext("请选择要延期的日期"),
        "until": gettext("日期写成 2026-12-31 的样子"),
        "why": gettext("请写明原因，4 到 500 字；申报单位会看到"),
    }
    problems = schemas.problems(schemas.ExtensionForm, given, words)
    if problems:
        return _extension(call_id, given, problems, 422)
    loaded = schemas.ExtensionForm().load(given)
    try:
        moved = transact(
            extensions.extend_call, call_id, loaded["deadline"], loaded["until"], loaded["why"], actor=who(),
            now=moment(),
        )  # fmt: skip
    except InvalidInput as refusal:
        return _extension(call_id, given, {str(refusal.details.get("name") or "until"): refusal.text(language())}, 422)
    except DeadlinePassed as refusal:
        return _extension(call_id, given, {"deadline": refusal.text(language())}, 422)
    flash(gettext("已延期，%(num)s 件在办的申报跟着移动，申报单位已收到通知。", num=moved))
    return redirect("/operations/calls", 303)


def _index(problem: str = "") -> ResponseReturnValue:
    """The page of calls and calendar; `problem` is of the calendar that was chosen."""
    page = render_template(
        "pages/calls.html",
        section="calls",
        calls=_lives(),
        programmes=programmes.within(db.session(), who(), "administer"),
        years=calls.calendar_years(db.session(), this_day()),
        moved=None,
        problem=problem,
    )
    return make_response(page, 422 if problem else 200)


def _calendar(content: str, *, apply: bool) -> ResponseReturnValue:
    command = calendar_commands.import_year if apply else calendar_commands.preview_year
    try:
        moved = transact(command, content, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _index(str(refusal.details[language()]))
    return render_template(
        "pages/calls.html",
        section="calls",
        calls=_lives(),
        programmes=programmes.within(db.session(), who(), "administer"),
        years=calls.calendar_years(db.session(), this_day()),
        moved=moved,
        content="" if apply else content,
    )


def _extension(call_id: int, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    call = next((one for one in _lives() if one.call_id == call_id and one.phase != ARCHIVED), None)
    if call is None:
        raise NotFound()
    dates = extents.dates_of(db.session(), call_id, _programme(call.programme).manifest, moment())
    page = render_template(
        "pages/call_extend.html", section="calls", call=call, dates=dates, given=given, problems=problems
    )
    return make_response(page, status)


def _form(key: str, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    programme = _programme(key)
    page = render_template(
        "pages/call_new.html",
        section="calls",
        programme=programme,
        rules=_rules(key),
        given=given,
        problems=problems,
        names={rule.key: rule.name for rule in _rules(key)},
    )
    return make_response(page, status)


def _rules(key: str) -> list[DeadlineRule]:
    """The deadlines of the programme whose date stands in the call."""
    return [rule for rule in _programme(key).manifest.deadlines.values() if rule.starts == "call"]


def _dated_in(given: dict[str, str], year: int) -> str:
    """The date that was given in that year, from which another cannot be counted; else the day of the opening."""
    dates = (name for name, day in given.items() if name.startswith("date-") and day.startswith(f"{year}-"))
    return next(dates, "opens_on")


def _lives() -> tuple[calls.CallLife, ...]:
    session = db.session()
    return calls.lives(session, programmes.within(session, who(), "administer").keys(), this_day())


def _programme(key: str) -> programmes.ProgrammeRow:
    found = programmes.within(db.session(), who(), "administer").get(key)
    if found is None:
        raise NotFound()
    return found


def _dates(rules: list[DeadlineRule], given: dict[str, str]) -> tuple[dict[str, date], dict[str, str]]:
    dates: dict[str, date] = {}
    problems: dict[str, str] = {}
    any_given = any(given.get(f"date-{rule.key}") for rule in rules if not rule.leans_on)
    for rule in rules:
        if not given.get(f"date-{rule.key}") and (rule.leans_on or any_given):
            continue  # counted from the date it leans on, or the call is for another procedure
        try:
            dates[rule.key] = date.fromisoformat(given.get(f"date-{rule.key}", ""))
        except ValueError:
            problems[f"date-{rule.key}"] = gettext("请填写“%(name)s”的日期", name=rule.name)
    return dates, problems
