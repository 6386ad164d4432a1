"""The tokens of one's own account: made for a program, shown once, listed, revoked."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import api_tokens as commands
from service.queries import api_access
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas, words
from service.web.i18n import gettext
from service.web.security import moment, signed_in, who

pages = Blueprint("api_tokens", __name__, url_prefix="/account/tokens")

DAYS = ("30", "90", "180", "366")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Every token of the account, and the form for another."""
    return _page({}, 200)


@pages.post("")
@signed_in
def create() -> ResponseReturnValue:
    """Make a token and show it, this once: it is kept nowhere."""
    given = {"name": request.form.get("name", "").strip(), "days": request.form.get("days", "")}
    scopes = request.form.getlist("scopes")
    told = {"name": gettext("请填写 1 至 60 个字的名称"), "days": gettext("请选择有效期")}
    problems = schemas.problems(schemas.TokenForm, given, told)
    if not scopes or not set(scopes) <= set(commands.SCOPES):
        problems["scopes"] = gettext("请至少选择一项范围")
    if problems:
        return _page(problems, 422)
    token = transact(
        commands.create, name=given["name"], scopes=scopes, days=int(given["days"]), actor=who(), now=moment()
    )
    return _page({}, 200, made=token)


@pages.post("/<int:token_id>/revoke")
@signed_in
def revoke(token_id: int) -> ResponseReturnValue:
    """End a token now."""
    transact(commands.revoke, token_id, actor=who(), now=moment())
    flash(gettext("令牌已撤销，用它的程序不能再进入"))
    return redirect("/account/tokens", 303)


def _page(problems: dict[str, str], status: int, made: str = "") -> ResponseReturnValue:
    page = render_template(
        "pages/api_tokens.html",
        section="account",
        problems=problems,
        made=made,
        days=DAYS,
        given=request.form,
        chosen=request.form.getlist("scopes") if problems else ["read"],
        scopes={scope: words.scope_word(scope) for scope in commands.SCOPES},
        tokens=api_access.tokens_of(db.session(), who()),
    )
    return make_response(page, status)
