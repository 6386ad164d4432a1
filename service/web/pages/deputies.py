"""“代理与交接”: who acts for me while I am away, and the hand-over of a colleague's open work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, validate

from service.commands import batches
from service.commands import deputies as commands
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, Refusal
from service.domain.identity import Actor
from service.queries import deputies, programmes
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, language
from service.web.menu import is_staff
from service.web.security import moment, signed_in, who

pages = Blueprint("deputies", __name__, url_prefix="/account/deputies")

_KEY = validate.Range(1, schemas.MAX_ID)


class AppointForm(Schema):
    """A deputy for some days; the roles come as several fields of one name."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    deputy = fields.Integer(required=True, validate=_KEY)
    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=500))


class HandOverForm(Schema):
    """To whom, and why; the tasks come as several fields of one name."""

    class Meta:
        """Only these fields."""

        unknown = EXCLUDE

    to = fields.Integer(load_default=None, allow_none=True, validate=_KEY)
    reason = fields.String(required=True, validate=validate.Length(2, 500))


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Who stands in for me and for whom I do; a form for another; colleagues with open work."""
    return _page({}, None)


@pages.post("")
@signed_in
def appoint() -> ResponseReturnValue:
    """Appoint a deputy."""
    if "find" in request.form:
        return _page(dict(request.form), None)
    try:
        given = schemas.form(AppointForm)
        transact(
            commands.appoint, given["deputy"], roles=request.form.getlist("roles"), from_on=given["from_on"],
            to_on=given["to_on"], reason=given["reason"], actor=who(), now=moment(),
        )  # fmt: skip
    except Refusal as refusal:
        return _page(dict(request.form), refusal)
    flash(gettext("已设为代理。到期自动结束，随时可以收回。"))
    return redirect("/account/deputies", 303)


@pages.post("/<int:deputy_id>/end")
@signed_in
def end(deputy_id: int) -> ResponseReturnValue:
    """Call a deputy back."""
    transact(commands.end, deputy_id, actor=who(), now=moment())
    flash(gettext("已收回，当时生效。"))
    return redirect("/account/deputies", 303)


@pages.get("/hand-over/<int:user_id>")
@signed_in
def hand_over(user_id: int) -> ResponseReturnValue:
    """A colleague's open work, and to whom it goes."""
    return _hand_over_page(user_id, (), None)


@pages.post("/hand-over/<int:user_id>")
@signed_in
def do_hand_over(user_id: int) -> ResponseReturnValue:
    """Hand over what is ticked; each task for itself, with a result of its own."""
    if "find" in request.form:
        return _hand_over_page(user_id, (), None)
    actor = who()
    keys = [int(key) for key in request.form.getlist("tasks") if key.isdecimal() and len(key) < 19]
    named = {one.task_id: one for one in deputies.work_of(db.session(), actor, user_id).rows}
    try:
        posted = {"reason": request.form.get("reason", ""), "to": request.form.get("to") or None}
        given = _loaded(HandOverForm, posted)
        results = batches.run("hand-over", keys, user_id, given["to"], given["reason"], actor=actor, now=moment())
    except InvalidInput as refusal:
        return _hand_over_page(user_id, (), refusal)
    return _hand_over_page(user_id, [(named.get(row.key), row) for row in results], None)


def _loaded(schema: type[Schema], posted: dict[str, Any]) -> dict[str, Any]:
    found = schema().validate(posted)
    if found:
        raise InvalidInput(field=gettext("交接原因"), zh="请填写 2 至 500 字", en="please give 2 to 500 characters")
    loaded: dict[str, Any] = schema().load(posted)
    return loaded


def _page(given: dict[str, Any], refusal: Refusal | None) -> ResponseReturnValue:
    session, actor = db.session(), who()
    today = local_date(moment())
    rows = deputies.of_person(session, actor, today)
    text = render_template(
        "pages/deputies.html",
        section="account",
        rows=rows,
        colleagues=deputies.colleagues(session, actor, _name_of(given)),
        laden=deputies.laden(session, actor),
        roles=sorted({grant.role for grant in actor.roles} - commands.NOT_LENT),
        role_names=programmes.role_names(session, language()),
        longest=commands.LONGEST_DAYS,
        staff=is_staff(actor),
        today=today,
        given=given,
        problem=refusal.text(language()) if refusal else "",
    )
    return make_response(text, 422 if refusal else 200)


def _hand_over_page(
    user_id: int, results: Sequence[tuple[deputies.WorkRow | None, batches.RowResult]], refusal: InvalidInput | None
) -> ResponseReturnValue:
    session, actor = db.session(), who()
    given = dict(request.form) if refusal or "find" in request.form else {}
    text = render_template(
        "pages/hand_over.html",
        section="account",
        leaver=deputies.colleague(session, actor, user_id),
        others=deputies.colleagues(session, actor, _name_of(given), without=user_id),
        given=given,
        ticked=request.form.getlist("tasks"),
        me=_me(actor),
        work=deputies.work_of(session, actor, user_id),
        results=results,
        problem=refusal.text(language()) if refusal else "",
    )
    return make_response(text, 422 if refusal else 200)


def _name_of(given: dict[str, Any]) -> str:
    """By which name the list of people is narrowed."""
    return str(given.get("person_name", "")).strip()


def _me(actor: Actor) -> tuple[int | None, str]:
    return actor.user_id, actor.name
