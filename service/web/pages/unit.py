"""A unit's own page: what is registered about it, and its people, kept by its own administrator."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import unit_people
from service.commands.unit_people import ADMINISTRATOR, UNIT_ROLES
from service.domain.errors import InvalidInput
from service.queries import units
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext, language, this_day
from service.web.security import moment, signed_in, who

pages = Blueprint("unit", __name__, url_prefix="/unit")


@pages.get("")
@signed_in
def show() -> ResponseReturnValue:
    """The profile, the department that recommends, and the people."""
    return _page({}, {}, 200)


@pages.post("/people")
@signed_in
def invite() -> ResponseReturnValue:
    """An account for a colleague."""
    given = {name: value.strip() for name, value in request.form.items()}
    roles = tuple(request.form.getlist("roles"))
    answers = {name: given.get(name, "") for name in ("login", "name", "email")}
    if wrong := unit_people.problems(**answers):
        return _page(given, {name: refusal.text(language()) for name, refusal in wrong.items()}, 422)
    try:
        transact(unit_people.invite, **answers, roles=roles, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _page(given, {str(refusal.details.get("name")): refusal.text(language())}, 422)
    flash(gettext("账号已建好，设置口令的链接发到对方邮箱。"))
    return redirect("/unit", 303)


@pages.post("/people/<int:user_id>/roles")
@signed_in
def set_roles(user_id: int) -> ResponseReturnValue:
    """What a colleague may do for the unit."""
    transact(unit_people.set_roles, user_id, tuple(request.form.getlist("roles")), actor=who(), now=moment())
    flash(gettext("角色已改，立即生效。"))
    return redirect("/unit", 303)


@pages.post("/people/<int:user_id>/active")
@signed_in
def set_active(user_id: int) -> ResponseReturnValue:
    """Close or open a colleague's account."""
    active = request.form.get("active") == "1"
    transact(unit_people.set_active, user_id, active=active, actor=who(), now=moment())
    flash(gettext("账号已启用。") if active else gettext("账号已停用，所有登录已结束。"))
    return redirect("/unit", 303)


@pages.post("/people/<int:user_id>/link")
@signed_in
def send_link(user_id: int) -> ResponseReturnValue:
    """Mail a colleague a link that sets a password."""
    transact(unit_people.send_link, user_id, actor=who(), now=moment())
    flash(gettext("设置口令的链接已发到对方邮箱。"))
    return redirect("/unit", 303)


def _page(given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session = db.session()
    unit = units.own_unit(session, who())
    keeps = any(one.role == ADMINISTRATOR and one.organisation_id == unit.id for one in who().roles)
    page = render_template(
        "pages/unit.html",
        section="unit",
        unit=unit,
        competent=units.place_name(session, unit.competent_id),
        people=units.people(session, unit, this_day()),
        keeps=keeps,
        roles=UNIT_ROLES,
        given=given,
        problems=problems,
    )
    return make_response(page, status)
