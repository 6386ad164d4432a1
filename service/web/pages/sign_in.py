"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import sign_in as commands
from service.domain.errors import Refusal
from service.domain.identity import SYSTEM
from service.queries import sessions
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, language
from service.web.public import limits
from service.web.security import (
    SESSION_COOKIE,
    TOKEN_FIELD,
    clear_session,
    moment,
    public,
    set_session,
)

pages = Blueprint("sign_in", __name__)

# Fields of the form itself; everything else that is posted is an interrupted act that is carried through.
OWN_FIELDS = frozenset({"login", "password", "next", "carry_target", TOKEN_FIELD})


@pages.get("/sign-in")
@public
def ask() -> ResponseReturnValue:
    """The sign-in form."""
    asked = schemas.query(schemas.SignInQuery)
    if g.actor is not None:
        return redirect(own_path(asked["next"]), 303)
    return render_template("public/sign_in.html", section="sign-in", next=own_path(asked["next"]), problem="", login="")


@pages.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Open a session under a new token; an act that was interrupted is offered again with all it carried."""
    target = own_path(request.form.get("carry_target") or request.form.get("next") or "")
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    answer: str | Refusal = gettext("请填写账号和口令")
    if login and password:
        limits.count("sign-in")
        proof = commands.prove(login[:80], password[:200])
        answer = transact(commands.sign_in, proof, _client(), actor=SYSTEM, now=moment())
        if isinstance(answer, str):
            return _entered(answer, target, carried)
    problem = answer.text(language()) if isinstance(answer, Refusal) else answer
    page = render_template(
        "public/sign_in.html",
        section="sign-in",
        next=target,
        problem=problem,
        login=login,
        carried=carried,
        carry_target=request.form.get("carry_target", ""),
    )
    return make_response(page, 422)


@pages.post("/sign-out")
@public
def leave() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        transact(commands.sign_out, token, actor=g.actor or SYSTEM, now=moment())
    return clear_session(make_response(redirect("/", 303)))


def _entered(token: str, target: str, carried: list[tuple[str, str]]) -> Response:
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        transact(commands.sign_out, old, actor=SYSTEM, now=moment())
    if not (carried and request.form.get("carry_target")):
        return set_session(make_response(redirect(target, 303)), token)
    found = sessions.find(db.session(), token, moment())
    if found is not None:
        g.actor, g.csrf, g.person = found.actor, found.csrf, found
    page = render_template("public/resume.html", section="sign-in", target=target, carried=carried)
    return set_session(make_response(page), token)


def _client() -> str:
    return f"{request.remote_addr or ''} {request.user_agent.string[:120]}".strip()


def own_path(address: str) -> str:
    """An address of this site, or the home page for anything else: signing in never leads to a stranger's site."""
    parts = urlsplit(address)
    bad = parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//")
    if bad or "\\" in address or parts.path in ("/sign-in", "/sign-out"):
        return "/home"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
