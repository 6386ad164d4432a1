"""The person's own account: language, password, roles, sign-out."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import account as commands
from service.commands import accounts, api_tokens, relations
from service.commands.ports import ports
from service.domain.errors import InvalidInput
from service.queries import accounts as account_rows
from service.queries import people, programmes
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import LANGUAGE_COOKIE, gettext, language, this_day
from service.web.security import SESSION_COOKIE, moment, signed_in, who

pages = Blueprint("account", __name__, url_prefix="/account")


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    """Who I am here, what I may do, and the two things I can change."""
    return _page({}, 200)


@pages.post("/language")
@signed_in
def set_language() -> ResponseReturnValue:
    """Keep the language with the account; the cookie of this browser follows."""
    chosen = request.form.get("language", "")
    transact(commands.set_language, chosen, actor=who(), now=moment())
    flash(gettext("已保存"))
    response = make_response(redirect("/account", 303))
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 24 * 3600, samesite="Lax")
    return response


@pages.post("/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Replace the password; every other session ends."""
    given = {name: value for name, value in request.form.items()}
    words = {
        "current": gettext("请填写现在的口令"),
        "new": gettext("请填写新口令"),
        "again": gettext("请再填一遍新口令"),
    }
    problems = schemas.problems(schemas.PasswordForm, given, words)
    if not problems and given["new"] != given["again"]:
        problems = {"again": gettext("两次填写的新口令不一样")}
    if problems:
        return _page(problems, 422)
    token = request.cookies.get(SESSION_COOKIE, "")
    try:
        proved = commands.replacement(who().user_id, given["current"], given["new"])
        transact(commands.change_password, proved, token, actor=who(), now=moment())
    except InvalidInput as refusal:
        field = "current" if "当前" in str(refusal.details.get("field", "")) else "new"
        return _page({field: refusal.text(language())}, 422)
    flash(gettext("口令已更换，其他设备上的登录已结束"))
    return redirect("/account", 303)


@pages.post("/relations")
@signed_in
def declare() -> ResponseReturnValue:
    """Declare a tie to a unit; its cases disappear from the own lists at once."""
    given = {name: value.strip() for name, value in request.form.items()}
    words = {
        "unit": gettext("请填写单位全称或统一社会信用代码"),
        "kind": gettext("请选择一种关系"),
        "until": gettext("日期写成 2026-12-31 的样子"),
    }
    problems = schemas.problems(schemas.RelationForm, given, words)
    if problems:
        return _page(problems, 422, given)
    loaded = schemas.RelationForm().load(given)
    try:
        transact(relations.declare, loaded["unit"], loaded["kind"], loaded["until"], actor=who(), now=moment())
    except InvalidInput as refusal:
        return _page({str(refusal.details.get("name")): refusal.text(language())}, 422, given)
    flash(gettext("已登记，这个单位的申报件您不再看到，也不再参与办理。"))
    return redirect("/account", 303)


@pages.post("/calendar")
@signed_in
def subscribe() -> ResponseReturnValue:
    """Make an address under which a calendar program reads the own deadlines, and show it, this once."""
    given = {"name": gettext("日历订阅"), "scopes": ["calendar"], "days": api_tokens.LONGEST_DAYS}
    token = transact(api_tokens.create, **given, actor=who(), now=moment())
    return _page({}, 200, feed=f"{ports().base_url}/calendar/{token}.ics")


@pages.post("/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of the own sessions, on a device that was lost or left open."""
    transact(accounts.end_session, session_id, actor=who(), now=moment())
    flash(gettext("这次登录已结束。"))
    return redirect("/account", 303)


def _page(
    problems: dict[str, str], status: int, given: dict[str, str] | None = None, *, feed: str = ""
) -> ResponseReturnValue:
    session = db.session()
    page = render_template(
        "pages/account.html",
        section="account",
        problems=problems,
        given=given or {},
        feed=feed,
        ties=people.ties_of(session, who().user_id, this_day()),
        sessions=account_rows.open_sessions(session, who().user_id, moment(), request.cookies.get(SESSION_COOKIE, "")),
        roles=people.roles_of(session, who()),
        role_names=programmes.role_names(session, language()),
    )
    return make_response(page, status)
