"""Public notices and the real-name objection against one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import objections
from service.domain.errors import DeadlinePassed, FileRefused, InvalidInput, TooManyAttempts
from service.domain.identity import Actor
from service.queries import notices, programmes
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import markdown, schemas
from service.web.i18n import gettext, language, this_day
from service.web.public import limits
from service.web.public.caching import cacheable
from service.web.security import moment, public
from service.web.uploads import from_the_public

pages = Blueprint("notices", __name__, url_prefix="/notices")

# Also for who is signed in: the history names who acted, and who objected is for the authority alone.
VISITOR = Actor(None, "公众", kind="person")


@pages.get("")
@public
@cacheable
def index() -> ResponseReturnValue:
    """All notices, those that still run first."""
    asked = schemas.query(schemas.PageQuery)
    found = notices.page(db.session(), asked["after"])
    return render_template("public/notices.html", section="notices", found=found, today=this_day(), asked=asked)


@pages.get("/<path:number>")
@public
@cacheable
def show(number: str) -> ResponseReturnValue:
    """One notice: the official text, its period and the way to object."""
    session = db.session()
    notice = notices.find(session, number)
    return render_template(
        "public/notice.html",
        section="notices",
        notice=notice,
        body=markdown.to_html(notice.body),
        subjects=notices.subjects(session, notice),
        programme=programmes.newest(session).get(notice.programme),
        running=notice.is_running(this_day()),
    )


@pages.get("/<path:number>/object")
@public
def ask_objection(number: str) -> ResponseReturnValue:
    """The form of an objection; closed when the period is over."""
    return _form(number, {}, {}, 200)


@pages.post("/<path:number>/object")
@public
def lodge(number: str) -> ResponseReturnValue:
    """Lodge an objection; a wrong field keeps everything that was entered."""
    session = db.session()
    given = {name: value.strip() for name, value in request.form.items()}
    notice = notices.find(session, number)
    if not notice.is_running(this_day()):
        return _form(number, given, {}, 422)
    problems = schemas.problems(schemas.ObjectionForm, given, _words())
    if problems:
        return _form(number, given, problems, 422)
    uploads = [upload for upload in request.files.getlist("files") if upload.filename]
    try:
        limits.count("objection")
        files = [from_the_public(upload) for upload in uploads[: objections.MOST_FILES + 1]]
        code = transact(
            objections.lodge,
            number,
            schemas.ObjectionForm().load(given),
            files,
            actor=VISITOR,
            now=moment(),
        )
    except TooManyAttempts as refusal:
        response = make_response(_form(number, given, {"": refusal.text(language())}, 429))
        response.headers["Retry-After"] = str(refusal.details["seconds"])
        return response
    except DeadlinePassed:  # while it was on its way
        return _form(number, given, {}, 422)
    except (InvalidInput, FileRefused) as refusal:
        field = str(refusal.details.get("name") if isinstance(refusal, InvalidInput) else "files")
        return _form(number, given, {field: refusal.text(language())}, 422)
    return make_response(
        render_template("public/objection_done.html", section="notices", notice=notice, code=code), 201
    )


def _form(number: str, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session = db.session()
    notice = notices.find(session, number)
    page = render_template(
        "public/objection.html",
        section="notices",
        notice=notice,
        subjects=notices.subjects(session, notice),
        running=notice.is_running(this_day()),
        given=given,
        problems=problems,
    )
    return make_response(page, status)


def _words() -> dict[str, Any]:
    return {
        "facts": gettext("请写清事实和理由，10 到 2000 字"),
        "kind": gettext("请选择以什么身份提出"),
        "name": gettext("请填写真实姓名或单位名称"),
        "contact": gettext("请填写手机号或邮箱，用来告知受理和结果"),
        "case_id": gettext("请选择异议针对哪一件"),
    }
