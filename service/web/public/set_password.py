"""Set a password by a one-time link that an administrator handed over."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import account, accounts
from service.commands.account import Hashed
from service.domain.errors import InvalidInput
from service.domain.identity import SYSTEM
from service.queries import accounts as accounts_known
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, language
from service.web.public import limits
from service.web.security import moment, public

pages = Blueprint("set_password", __name__, url_prefix="/set-password")


@pages.get("/<token>")
@public
def ask(token: str) -> ResponseReturnValue:
    """The form; one that was used or is too old says so before somebody thinks of a password."""
    limits.count("verification")
    if not accounts_known.password_link_holds(db.session(), token[:200], moment()):
        raise accounts.LinkExpired()
    return _form(token, {}, 200)


@pages.post("/<token>")
@public
def choose(token: str) -> ResponseReturnValue:
    """Set the password; the link is then used up."""
    given = dict(request.form.items())
    words = {"new": gettext("请填写新口令"), "again": gettext("请再填一遍新口令")}
    problems = schemas.problems(schemas.NewPasswordForm, given, words)
    limits.count("sign-in")
    try:
        password = Hashed(account.hashed(given.get("new", "")))
    except InvalidInput as refusal:
        problems.setdefault("new", refusal.text(language()))
    if given.get("new") and given.get("again") and given["new"] != given["again"]:
        problems["again"] = gettext("两次填写的新口令不一样")
    if problems:
        return _form(token, problems, 422)
    transact(accounts.set_password, token[:200], password, actor=SYSTEM, now=moment())
    flash(gettext("口令已设好，请登录。"))
    return redirect("/sign-in", 303)


def _form(token: str, problems: dict[str, str], status: int) -> ResponseReturnValue:
    return make_response(render_template("public/set_password.html", token=token, problems=problems), status)
