"""A unit registers itself, and follows what came of it by the link in its mail; without an account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import registrations
from service.commands.attachments import Examined
from service.domain.errors import FileRefused, InvalidInput, NotFound, TooManyAttempts
from service.domain.identity import Actor
from service.queries import units
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext, language
from service.web.public import limits
from service.web.security import moment, public
from service.web.uploads import from_the_public

pages = Blueprint("units", __name__, url_prefix="/units")

VISITOR = Actor(None, "申请注册的单位", kind="person")


@pages.get("/new")
@public
def ask() -> ResponseReturnValue:
    """The form of a registration."""
    return _form({}, {}, 200)


@pages.post("/new")
@public
def lodge() -> ResponseReturnValue:
    """Take it; who is known already is told the same here, and hears of it by mail."""
    given = {name: value.strip() for name, value in request.form.items()}
    if problems := _problems(given, licence_due=True):
        return _form(given, problems, 422)
    try:
        limits.count("registration")
        code = transact(registrations.lodge, registrations.judged(given), _licence(), actor=VISITOR, now=moment())
    except (InvalidInput, FileRefused, TooManyAttempts) as refusal:
        return _refused(given, refusal)
    return make_response(render_template("public/unit_lodged.html", code=code, email=given["contact_email"]), 201)


@pages.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """What came of it; the form again where the department asks for more."""
    limits.count("verification")
    try:
        row = units.of_token(db.session(), token)
    except NotFound:
        text = gettext("链接不完整，或者后来的邮件里有了新链接。请打开最新一封邮件里的链接。")
        page = render_template("public/confirm_over.html", title=gettext("这个链接现在不能用"), text=text)
        return _private(page, 404)
    return _private(_page(token, row, dict(row.profile), {}), 200)


@pages.post("/<token>")
@public
def amend(token: str) -> ResponseReturnValue:
    """Send what was asked for."""
    row = units.of_token(db.session(), token)
    given = {name: value.strip() for name, value in request.form.items()} | {"credit_code": row.credit_code}
    if problems := _problems(given, licence_due=False):
        return _private(_page(token, row, given, problems), 422)
    try:
        limits.count("registration")
        transact(registrations.amend, token, registrations.judged(given), _licence(), actor=VISITOR, now=moment())
    except (InvalidInput, FileRefused) as refusal:
        field = str(refusal.details.get("name") if isinstance(refusal, InvalidInput) else "licence")
        return _private(
            _page(token, units.of_token(db.session(), token), given, {field: refusal.text(language())}), 422
        )
    row = units.of_token(db.session(), token)
    return _private(_page(token, row, dict(row.profile), {}), 200)


def _problems(given: dict[str, str], *, licence_due: bool) -> dict[str, str]:
    """Everything that is wrong, at once; a browser lets go of a chosen file, and the page says so."""
    found = {name: refusal.text(language()) for name, refusal in registrations.problems(given).items()}
    upload = request.files.get("licence")
    chosen = upload is not None and bool(upload.filename)
    if licence_due and not chosen:
        found["licence"] = gettext("请上传营业执照或法人证书")
    elif found and chosen:
        found["licence"] = gettext("请再选一次文件：有别的内容要改时，浏览器不保留选好的文件")
    return found


def _licence() -> Examined | None:
    upload = request.files.get("licence")
    return from_the_public(upload) if upload is not None and upload.filename else None


def _refused(given: dict[str, str], refusal: InvalidInput | FileRefused | TooManyAttempts) -> Response:
    if isinstance(refusal, TooManyAttempts):
        response = _form(given, {"": refusal.text(language())}, 429)
        response.headers["Retry-After"] = str(refusal.details["seconds"])
        return response
    field = str(refusal.details.get("name") if isinstance(refusal, InvalidInput) else "licence")
    return _form(given, {field: refusal.text(language())}, 422)


def _form(given: dict[str, Any], problems: dict[str, str], status: int) -> Response:
    page = render_template("public/unit_new.html", given=given, problems=problems, **_choices())
    return make_response(page, status)


def _page(token: str, row: Any, given: dict[str, Any], problems: dict[str, str]) -> str:
    return render_template(
        "public/unit_status.html", token=token, row=row, given=given, problems=problems,
        **_choices(),
    )  # fmt: skip


def _choices() -> dict[str, Any]:
    words = {
        "enterprise": gettext("企业"), "university": gettext("高校"), "institute": gettext("科研院所"),
        "public": gettext("事业单位"), "other": gettext("其他"),
    }  # fmt: skip
    return {"departments": units.departments(db.session()), "kinds": words}


def _private(text: str, status: int) -> Response:
    """The address is the key: it is told to nobody."""
    response = make_response(text, status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
