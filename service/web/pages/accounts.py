"""What an administrator does with people and organisations: accounts, roles, links, sessions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import accounts as commands
from service.commands import people
from service.commands.ports import ports
from service.domain.access import HOUSE_ROLES, OUTSIDE_ROLES, READING_ROLES
from service.domain.errors import InvalidInput
from service.queries import accounts, deputies, programmes
from service.queries import people as ties
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas, words
from service.web.i18n import gettext, language, this_day
from service.web.menu import ADMINISTRATOR
from service.web.security import moment, requires, who

pages = Blueprint("accounts", __name__)

KINDS = ("competent", "enterprise", "institute", "other", "authority")


@pages.get("/accounts")
@requires(ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """The accounts of the own authority and of its units."""
    asked = schemas.query(schemas.AccountsQuery)
    found = accounts.page(db.session(), who(), asked["q"], asked["after"])
    return render_template("pages/accounts.html", section="accounts", asked=asked, found=found)


@pages.get("/accounts/new")
@requires(ADMINISTRATOR)
def ask() -> ResponseReturnValue:
    """The form of a new account."""
    return _new({}, {}, 200)


@pages.post("/accounts/new")
@requires(ADMINISTRATOR)
def create() -> ResponseReturnValue:
    """Create the account and show, once, the link by which its person sets a password."""
    given = _given()
    words = {
        "login": gettext("请填写账号"),
        "name": gettext("请填写姓名"),
        "organisation": gettext("请选择单位"),
        "email": gettext("邮箱不对"),
    }
    problems = schemas.problems(schemas.AccountForm, given, words)
    if problems:
        return _new(given, problems, 422)
    loaded = schemas.AccountForm().load(given)
    try:
        user_id, token = transact(
            commands.create, login=loaded["login"], name=loaded["name"], organisation_id=loaded["organisation"],
            email=loaded["email"], actor=who(), now=moment(),
        )  # fmt: skip
    except InvalidInput as refusal:
        return _new(given, {str(refusal.details.get("name")): refusal.text(language())}, 422)
    return _link(user_id, token)


@pages.get("/accounts/<int:user_id>")
@requires(ADMINISTRATOR)
def show(user_id: int) -> ResponseReturnValue:
    """One account: its roles by organisation, its sessions, and what can be done with it."""
    return _show(user_id, {}, {}, 200)


@pages.post("/accounts/<int:user_id>/roles")
@requires(ADMINISTRATOR)
def grant(user_id: int) -> ResponseReturnValue:
    """Give a role; it holds from the next request on."""
    given = _given()
    words = {
        "role": gettext("请选择一个角色"),
        "organisation": gettext("请选择单位"),
        "until": gettext("日期写成 2026-12-31 的样子"),
    }
    problems = schemas.problems(schemas.GrantForm, given, words)
    if problems:
        return _show(user_id, given, problems, 422)
    loaded = schemas.GrantForm().load(given)
    try:
        transact(
            commands.grant, user_id, loaded["role"], loaded["organisation"], loaded["until"],
            known=frozenset(_role_names()), actor=who(), now=moment(),
        )  # fmt: skip
    except InvalidInput as refusal:
        return _show(user_id, given, {str(refusal.details.get("name")): refusal.text(language())}, 422)
    flash(gettext("已授予，立即生效。"))
    return redirect(f"/accounts/{user_id}", 303)


@pages.post("/accounts/<int:user_id>/roles/<int:grant_id>/end")
@requires(ADMINISTRATOR)
def take_back(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    transact(commands.take_back, grant_id, actor=who(), now=moment())
    flash(gettext("已收回，立即生效。"))
    return redirect(f"/accounts/{user_id}", 303)


@pages.post("/accounts/<int:user_id>/active")
@requires(ADMINISTRATOR)
def set_active(user_id: int) -> ResponseReturnValue:
    """Disable the account, or open it again."""
    active = request.form.get("active") == "1"
    transact(commands.set_active, user_id, active=active, actor=who(), now=moment())
    flash(gettext("账号已启用。") if active else gettext("账号已停用，所有登录已结束。"))
    return redirect(f"/accounts/{user_id}", 303)


@pages.post("/accounts/<int:user_id>/reset")
@requires(ADMINISTRATOR)
def reset(user_id: int) -> ResponseReturnValue:
    """Take the password away and show, once, the link that sets a new one."""
    return _link(user_id, transact(commands.reset_password, user_id, actor=who(), now=moment()))


@pages.post("/accounts/<int:user_id>/sessions/<int:session_id>/end")
@requires(ADMINISTRATOR)
def end_session(user_id: int, session_id: int) -> ResponseReturnValue:
    """End one signed-in browser."""
    transact(commands.end_session, session_id, actor=who(), now=moment())
    flash(gettext("这次登录已结束。"))
    return redirect(f"/accounts/{user_id}", 303)


@pages.post("/accounts/<int:user_id>/relations/<int:relation_id>/end")
@requires(ADMINISTRATOR)
def end_relation(user_id: int, relation_id: int) -> ResponseReturnValue:
    """End a tie the person declared."""
    transact(commands.end_relation, relation_id, actor=who(), now=moment())
    flash(gettext("已收回，立即生效。"))
    return redirect(f"/accounts/{user_id}", 303)


@pages.get("/organisations")
@requires(ADMINISTRATOR)
def organisations() -> ResponseReturnValue:
    """The tree of the own authority, and the units it answers for."""
    return _organisations({}, {}, 200)


@pages.post("/organisations")
@requires(ADMINISTRATOR)
def add_organisation() -> ResponseReturnValue:
    """Register an organisation under one that is the actor's to administer."""
    given = _given()
    words = {
        "code": gettext("代码用小写字母、数字和短横"),
        "name": gettext("请填写单位名称"),
        "kind": gettext("请选择类别"),
        "above": gettext("请选择上级或归口部门"),
    }
    problems = schemas.problems(schemas.OrganisationForm, given, words)
    if problems:
        return _organisations(given, problems, 422)
    loaded = schemas.OrganisationForm().load(given)
    office = loaded["kind"] in ("authority", "competent")
    try:
        transact(
            people.add_organisation, code=loaded["code"], name=loaded["name"], kind=loaded["kind"],
            parent=loaded["above"] if office else None, competent=None if office else loaded["above"],
            credit_code=loaded["credit_code"] or None, region=loaded["region"], actor=who(), now=moment(),
        )  # fmt: skip
    except InvalidInput as refusal:
        field = "credit_code" if "信用" in str(refusal.details.get("field")) else "code"
        return _organisations(given, {field: refusal.text(language())}, 422)
    flash(gettext("已登记。"))
    return redirect("/organisations", 303)


def _given() -> dict[str, str]:
    return {name: value.strip() for name, value in request.form.items()}


def _new(given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    page = render_template(
        "pages/account_new.html", section="accounts", given=given, problems=problems, places=_places()
    )
    return make_response(page, status)


def _show(user_id: int, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session = db.session()
    found = accounts.find(session, who(), user_id)
    page = render_template(
        "pages/account_of.html",
        section="accounts",
        found=found,
        own=user_id == who().user_id,
        grants=accounts.grants(session, user_id, this_day()),
        sessions=accounts.open_sessions(session, user_id, moment()),
        ties=ties.ties_of(session, user_id, this_day()),
        held=deputies.held(session, user_id),
        colleague=found.organisation_id is not None and found.organisation_id == who().organisation_id,
        roles=_role_names(),
        places=_places(),
        given=given,
        problems=problems,
    )
    return make_response(page, status)


def _link(user_id: int, token: str) -> ResponseReturnValue:
    found = accounts.find(db.session(), who(), user_id)
    address = f"{ports().base_url}/set-password/{token}"
    return render_template("pages/account_link.html", section="accounts", found=found, address=address)


def _organisations(given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    page = render_template(
        "pages/organisations.html",
        section="accounts",
        places=_places(),
        kinds=KINDS,
        given=given,
        problems=problems,
    )
    return make_response(page, status)


def _places() -> tuple[accounts.PlaceRow, ...]:
    return accounts.places(db.session(), who())


def _role_names() -> dict[str, Any]:
    """The roles that can be granted: those of the own programmes, the service's own, and reading the trail."""
    session = db.session()
    own = programmes.within(session, who(), "administer")
    named = programmes.role_names(session, language())
    keys = {key for row in own.values() for key in row.manifest.roles} - {"expert", "panel-chair"}
    keys |= HOUSE_ROLES | READING_ROLES | (OUTSIDE_ROLES & {"lead", "member", "unit-administrator"})
    return {key: words.role_word(key, named) for key in sorted(keys)}
