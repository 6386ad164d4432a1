"""The department's page of units that ask to be registered, and its decision on each."""

from __future__ import annotations

from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import registrations as commands
from service.commands.ports import ports
from service.commands.registrations import Decision
from service.domain.errors import InvalidInput, NotAllowed, NotFound
from service.queries import units
from service.queries.files import GIVEN_OUT
from service.queries.frame import frame
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.download import attachment
from service.web.i18n import gettext, language
from service.web.security import moment, signed_in, who

pages = Blueprint("registrations", __name__, url_prefix="/registrations")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Those of the actor's departments, the next due first."""
    session, actor = db.session(), who()
    g.frame = frame(session, actor)  # the menu asks the same
    if not g.frame.registrations:
        raise NotAllowed(
            why_zh="单位注册由归口管理部门办理。", why_en="Registrations are decided by the competent departments."
        )
    asked = schemas.query(schemas.PageQuery)
    found = units.registrations(session, actor, asked["after"])
    return render_template("pages/registrations.html", section="registrations", found=found, asked=asked)


@pages.get("/<int:registration_id>")
@signed_in
def show(registration_id: int) -> ResponseReturnValue:
    """What the unit says of itself, its licence, and the three answers."""
    return _page(registration_id, {}, {}, 200)


@pages.get("/<int:registration_id>/licence")
@signed_in
def licence(registration_id: int) -> ResponseReturnValue:
    """The uploaded licence as a download; not one the scanner has not answered for, nor one that was taken away."""
    row = units.registration(db.session(), who(), registration_id)
    if row.licence.get("scan") not in GIVEN_OUT:
        raise NotFound()
    content = ports().blobs.read(row.licence_sha256)
    return attachment(make_response(content), row.licence["name"], row.licence["media_type"])


@pages.post("/<int:registration_id>")
@signed_in
def decide(registration_id: int) -> ResponseReturnValue:
    """Approve, refuse, or ask for more."""
    given = {name: value.strip() for name, value in request.form.items()}
    units.registration(db.session(), who(), registration_id)
    decision = Decision(given.get("state", ""), given.get("reason", ""))
    try:
        transact(commands.decide, registration_id, decision, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _page(registration_id, given, {str(refusal.details.get("name")): refusal.text(language())}, 422)
    flash(gettext("已办理，结果发到申请单位的邮箱。"))
    return redirect("/registrations", 303)


def _page(registration_id: int, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session = db.session()
    row = units.registration(session, who(), registration_id)
    known = units.known_as(session, row)
    page = render_template(
        "pages/registration.html", section="registrations", row=row, known=known, given=given, problems=problems
    )
    return make_response(page, status)
