"""Who is asking and may they enter: session cookie, CSRF token, route decorators and security headers."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue

from service.commands import sign_in
from service.domain.errors import NotAllowed, Refusal, Unavailable
from service.domain.identity import Actor
from service.queries import sessions
from service.store.session import db
from service.store.unit_of_work import transact

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SESSION_COOKIE: Final = "shenbao_session"
FORM_COOKIE: Final = "shenbao_form"
TOKEN_FIELD: Final = "csrf_token"  # noqa: S105 # the name of a field
KEPT_ALIVE_EVERY: Final = timedelta(minutes=1)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)

# For a page that shows kept files beside a form: frames of this site only.
READING_POLICY: Final = f"{CONTENT_POLICY}; frame-src 'self'"


class SignInRequired(Refusal):
    """Nobody is signed in, or the session has ended."""

    code = "sign-in-required"
    zh = "请先登录。30 分钟没有操作会要求重新登录；刚才填写的内容没有丢失。"
    en = "Please sign in. A session ends after 30 minutes without activity; what you entered is kept."


class ForgedRequest(Refusal):
    """The post does not carry the token of the form it claims to come from."""

    code = "form-expired"
    zh = "这个页面打开太久，或不是从本站打开的，操作没有执行。请返回刷新页面后再试。"
    en = "This page was open too long or was not opened here; nothing was done. Go back, reload and try again."


@dataclass(frozen=True, slots=True)
class Access:
    """What a route demands: nothing, a person, or one of the roles."""

    kind: str
    roles: frozenset[str] = frozenset()


def public(view: View) -> View:
    """Let everybody in; the page shows only what is public."""
    return _guarded(view, Access("public"))


def signed_in(view: View) -> View:
    """Let any signed-in person in; what they see is filtered by the query or judged by the command."""
    return _guarded(view, Access("signed-in"))


def requires(*roles: str) -> Callable[[View], View]:
    """Let in who holds at least one of these roles anywhere."""

    def decorate(view: View) -> View:
        return _guarded(view, Access("role", frozenset(roles)))

    return decorate


def _guarded(view: View, access: Access) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        _admit(access)
        return view(*args, **kwargs)

    guarded.access = access  # type: ignore[attr-defined] # read by the default-deny hook and by the test over url_map
    return cast(View, guarded)


def _admit(access: Access) -> None:
    if access.kind == "public":
        return
    actor = g.get("actor")
    if actor is None:
        raise SignInRequired()
    if access.roles and not holds(actor, *access.roles):
        raise NotAllowed(why_zh="这一页由管理这部分工作的人员办理。", why_en="This page belongs to other duties.")


def holds(actor: Actor | None, *roles: str) -> bool:
    """Whether the actor has one of the roles at any organisation."""
    return actor is not None and any(grant.role in roles for grant in actor.roles)


def who() -> Actor:
    """The signed-in actor; only for routes behind @signed_in or @requires."""
    actor = g.get("actor")
    if actor is None:
        raise SignInRequired()
    return cast(Actor, actor)


def moment() -> datetime:
    """The instant of this request, the same for all it does."""
    found: datetime = g.now
    return found


def install_security(app: Flask) -> None:
    """Attach the session look-up, the CSRF check, the default-deny hook and the headers to every request."""
    app.before_request(_begin)
    app.before_request(_refuse_unguarded)
    app.before_request(_check_token)
    app.after_request(_headers)
    app.jinja_env.globals["csrf_token"] = form_token


def instant_now() -> datetime:
    """The instant it is now: later than `moment` where a request has waited."""
    clock: Callable[[], datetime] = current_app.config.get("CLOCK") or (lambda: datetime.now(UTC))
    return clock()


def _begin() -> None:
    g.now = instant_now()
    g.actor = None
    g.csrf = None
    token = request.cookies.get(SESSION_COOKIE)
    if not token or request.endpoint == "static" or guards_itself():
        return
    found = sessions.find(db.session(), token, g.now)
    if found is None:
        return
    g.actor, g.csrf, g.person = found.actor, found.csrf, found
    if g.now - found.seen_at >= KEPT_ALIVE_EVERY:
        with suppress(Unavailable):  # a busy database is no reason to refuse a page
            transact(sign_in.keep_alive, token, actor=found.actor, now=g.now)


def _refuse_unguarded() -> None:
    """A route of these pages without a decorator does not exist; other doors guard their blueprints themselves."""
    if request.endpoint in (None, "static"):
        return
    view = current_app.view_functions.get(str(request.endpoint))
    if not hasattr(view, "access") and not guards_itself():
        abort(404)


def guards_itself() -> bool:
    """Whether the request is for a door that asks for credentials of its own and knows no cookies: the API's."""
    return bool(getattr(current_app.blueprints.get(request.blueprint or ""), "guards_itself", False))


def _check_token() -> None:
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    if guards_itself():
        return
    view = current_app.view_functions.get(str(request.endpoint))
    access = getattr(view, "access", None)
    if g.actor is None and access is not None and access.kind != "public":
        return  # the guard answers with the sign-in page, which keeps what was entered
    if not hmac.compare_digest(_sent_token().encode(), form_token().encode()):
        raise ForgedRequest()


def _sent_token() -> str:
    return request.form.get(TOKEN_FIELD) or request.headers.get("X-CSRF-Token") or ""


def form_token() -> str:
    """The token every form carries: the session's, or for a visitor a random one that is also in a cookie."""
    if g.get("csrf"):
        return str(g.csrf)
    token = request.cookies.get(FORM_COOKIE) or g.get("form_token")
    if not token:
        token = secrets.token_urlsafe(24)
        g.form_token = token
    return str(token)


def same_origin(*, proof: bool = False) -> bool:
    """Whether the browser says the request comes from a page of this site; one that says nothing is no `proof`."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin" or (site == "none" and not proof)
    origin = request.headers.get("Origin")
    return origin == request.host_url.rstrip("/") or (origin is None and not proof)


def set_session(response: Response, token: str) -> Response:
    """Give the browser its session; it ends with the browser, and earlier on the server."""
    response.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="Lax", secure=_secure(), path="/")
    response.delete_cookie(FORM_COOKIE, path="/")
    return response


def clear_session(response: Response) -> Response:
    """Take the session away."""
    response.delete_cookie(SESSION_COOKIE, path="/")
    return response


def _secure() -> bool:
    return bool(current_app.config.get("SESSION_COOKIE_SECURE", False))


def _headers(response: Response) -> Response:
    if g.get("form_token"):
        response.set_cookie(FORM_COOKIE, g.form_token, httponly=True, samesite="Strict", secure=_secure(), path="/")
    headers = response.headers
    if "token" in (request.view_args or {}):  # the address is a key: no other site is told it
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Robots-Tag"] = "noindex, nofollow"
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
        headers.add("Vary", "Cookie")
    if _secure():
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response
