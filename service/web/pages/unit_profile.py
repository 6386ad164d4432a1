"""What is registered about the own unit: how it is reached, and a change of name that its department decides."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import unit_profile as commands
from service.commands.unit_people import ADMINISTRATOR
from service.domain.errors import FileRefused, InvalidInput, NotAllowed, WrongState
from service.queries import units
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext, language
from service.web.security import moment, signed_in, who
from service.web.uploads import from_the_public

pages = Blueprint("unit_profile", __name__, url_prefix="/unit/profile")


@pages.get("")
@signed_in
def ask() -> ResponseReturnValue:
    """Both forms, filled in with what is registered."""
    return _page({}, {}, 200)


@pages.post("")
@signed_in
def change_contact() -> ResponseReturnValue:
    """How the unit is reached; holds at once."""
    given = _given()
    try:
        transact(commands.change_contact, given, actor=who(), now=moment())
    except InvalidInput:
        wrong = commands.problems(units.own_unit(db.session(), who()), given, commands.FREE)
        return _page(given, {name: refusal.text(language()) for name, refusal in wrong.items()}, 422)
    flash(gettext("已保存，立即生效。"))
    return redirect("/unit", 303)


@pages.post("/name")
@signed_in
def ask_change() -> ResponseReturnValue:
    """Another name or legal representative, with the new licence; the department decides it."""
    given = _given()
    upload = request.files.get("licence")
    try:
        licence = from_the_public(upload) if upload is not None and upload.filename else None
        code = transact(commands.ask_change, given, licence, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _page(given, {str(refusal.details.get("name")): refusal.text(language())}, 422)
    except FileRefused as refusal:
        return _page(given, {"licence": refusal.text(language())}, 422)
    except WrongState as refusal:
        return _page(given, {"name": refusal.text(language())}, 422)
    flash(
        gettext(
            "已收到，编号 %(code)s。归口管理部门两个工作日内答复，结果发到单位的邮箱；在此之前仍用原来的名称。",
            code=code,
        )
    )
    return redirect("/unit", 303)


def _given() -> dict[str, str]:
    return {name: value.strip() for name, value in request.form.items()}


def _page(given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    unit = units.own_unit(db.session(), who())
    if not any(one.role == ADMINISTRATOR and one.organisation_id == unit.id for one in who().roles):
        raise NotAllowed(why_zh="由本单位管理员办理。", why_en="Your unit's administrator does this.")
    page = render_template(
        "pages/unit_profile.html",
        section="unit",
        unit=unit,
        profile={**commands.profile_of(unit), **given},
        problems=problems,
    )
    return make_response(page, status)
