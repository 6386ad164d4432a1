"""What a member unit does by its one-time link, without an account: read what is declared about it, and answer."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import task_links
from service.commands.ports import ports
from service.commands.task_links import LinkOver
from service.domain.errors import FormInvalid, NotFound
from service.domain.identity import SYSTEM
from service.forms import FormView, enter, view
from service.queries import case_page, materials, task_page
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import pairs
from service.web.download import attachment
from service.web.i18n import gettext, language
from service.web.public import limits
from service.web.security import moment, public

pages = Blueprint("confirm", __name__, url_prefix="/confirm")


@pages.get("/<token>")
@public
def ask(token: str) -> ResponseReturnValue:
    """What is asked, and the form; looking at it does not use the link up."""
    return _page(token, None, 200)


@pages.post("/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Confirm or refuse; the link is then used up. A wrong field keeps everything that was entered."""
    entered = pairs.of_form(request.form.items(multi=True))
    try:
        invited = _opened(token).actor.expert_id is not None
        transact(task_links.complete, token, entered, actor=SYSTEM, now=moment())
    except FormInvalid as refusal:
        return _page(token, refusal, 422)
    except LinkOver as refusal:
        return _over(refusal)
    return _private(render_template("public/confirm_done.html", invited=invited), 201)


@pages.post("/<token>/fields")
@public
def fields(token: str) -> ResponseReturnValue:
    """The fields anew, where an answer made others come or go; nothing is kept before it is sent."""
    entered = pairs.of_form(request.form.items(multi=True))
    opened = _opened(token)
    shown = _form(opened, token, None, entered)
    if pairs.shape_of(shown) == request.form.get(pairs.SHAPE, ""):
        return _private("", 204)
    return _private(render_template("public/confirm_fields.html", shown=shown, shape=pairs.shape_of(shown)), 200)


@pages.get("/<token>/files/<code>")
@public
def file(token: str, code: str) -> ResponseReturnValue:
    """One of the files the form shows, such as the agreement; no other file of the case."""
    opened = _opened(token)
    if code not in _form(opened, token, None).previews:
        raise NotFound()
    found = materials.file_of(db.session(), opened.case_id, code)
    return attachment(make_response(ports().blobs.read(found.sha256)), found.name, found.media_type)


def _opened(token: str) -> task_links.Opened:
    """The task of a link; only links that were never sent are counted, many share an address of the network."""
    try:
        return task_links.look(db.session(), token, moment())
    except NotFound:
        limits.count("verification")
        raise


def _page(token: str, refused: FormInvalid | None, status: int) -> ResponseReturnValue:
    try:
        opened = _opened(token)
    except LinkOver as refusal:
        return _over(refusal)
    page = task_page.load(db.session(), opened.actor, opened.task_id, moment())
    shown = _form(opened, token, refused)
    return _private(
        render_template(
            "public/confirm.html",
            token=token,
            task=page.task,
            facts=case_page.facts(db.session(), opened.actor, opened.case_id, by_task=True),
            unit=opened.actor.name,
            shown=shown,
            shape=pairs.shape_of(shown),
        ),
        status,
    )


def _form(
    opened: task_links.Opened, token: str, refused: FormInvalid | None, entered: list[pairs.Pair] | None = None
) -> FormView:
    session = db.session()
    page = task_page.load(session, opened.actor, opened.task_id, moment())
    form = task_page.form_of(session, page, opened.actor, moment())
    judged = refused.details["submission"] if refused is not None else None
    given = judged.shown if judged else form.given
    if entered is not None:
        given, _ = enter(
            form.compiled, entered, stored=given, roles=form.roles, variables=form.variables, functions=form.functions
        )
    return view(
        form.compiled, given, roles=form.roles, variables=form.variables,
        functions=form.functions, problems=judged.problems if judged else (), lang=language(),
        files=materials.file_names(session, opened.case_id), file_url=f"/confirm/{token}/files/{{}}",
    )  # fmt: skip


def _over(refusal: LinkOver) -> Response:
    text = refusal.text(language())
    return _private(render_template("public/confirm_over.html", title=gettext("这个链接现在不能用"), text=text), 422)


def _private(text: str, status: int) -> Response:
    """The address is the key: it is told to nobody, and no search engine keeps it."""
    response = make_response(text, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
