"""The front page, the calls, the choice of language and size, and the sign of life."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import account
from service.queries import notices, programmes
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import LANGUAGE_COOKIE, this_day
from service.web.public.caching import cacheable
from service.web.security import moment, public

pages = Blueprint("front", __name__)

SIZE_COOKIE = "shenbao_size"
A_YEAR = 365 * 24 * 3600


@pages.before_app_request
def _read_size() -> None:
    g.large = request.cookies.get(SIZE_COOKIE) == "large"


@pages.get("/")
@public
def front() -> ResponseReturnValue:
    """What takes declarations now, what is on public notice, and the way in."""
    session = db.session()
    known = programmes.newest(session)
    return render_template(
        "public/front.html",
        programmes=known,
        calls=programmes.calls(session, this_day()),
        notices=notices.page(session, size=5, running_on=this_day()).rows,
    )


@pages.get("/calls")
@public
@cacheable
def calls() -> ResponseReturnValue:
    """Every programme that can be applied for, with its calls, its basis and its procedures."""
    session = db.session()
    return render_template(
        "public/calls.html",
        section="calls",
        programmes=programmes.newest(session),
        calls=programmes.calls(session, this_day()),
    )


@pages.get("/preferences")
@public
def preferences() -> ResponseReturnValue:
    """The choice of language and text size, without an account."""
    return render_template("public/preferences.html", back=_own_path(request.referrer))


@pages.post("/preferences")
@public
def choose() -> ResponseReturnValue:
    """Keep the choice in two cookies, and the language also with the account."""
    response = make_response(redirect(_own_path(request.form.get("back")), 303))
    language = request.form.get("language")
    if language in ("zh", "en"):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR, samesite="Lax")
        if g.actor is not None:
            transact(account.set_language, language, actor=g.actor, now=moment())
    size = request.form.get("size")
    if size in ("large", "normal"):
        response.set_cookie(SIZE_COOKIE, size, max_age=A_YEAR, samesite="Lax")
    return response


def _own_path(address: str | None) -> str:
    """The path of an address of this site; anything else leads to the front page."""
    if not address:
        return "/"
    parts = urlsplit(address)
    if parts.netloc and parts.netloc != request.host:
        return "/"
    path = parts.path or "/"
    if not path.startswith("/") or path.startswith("//") or "\\" in path or path == "/preferences":
        return "/"
    return f"{path}?{parts.query}" if parts.query else path
