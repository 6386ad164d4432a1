"""Extend one period of one case: which, until when, why; for the staff of its authority."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import extensions as commands
from service.domain.access import require
from service.domain.errors import DeadlinePassed, InvalidInput, WrongState
from service.domain.written import written
from service.queries import case_page, extensions
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, language
from service.web.security import moment, signed_in, who

pages = Blueprint("extensions", __name__, url_prefix="/cases")


@pages.get("/<int:case_id>/extend")
@signed_in
def ask(case_id: int) -> ResponseReturnValue:
    """The periods that run, and the form."""
    return _page(case_id, {}, {}, 200)


@pages.post("/<int:case_id>/extend")
@signed_in
def extend(case_id: int) -> ResponseReturnValue:
    """Extend the period; what waits for it follows, and the unit is told."""
    given = {name: value.strip() for name, value in request.form.items()}
    words = {
        "deadline": gettext("请选择要延期的期限"),
        "until": gettext("日期写成 2026-12-31 的样子"),
        "why": gettext("请写明原因，4 到 500 字；申报单位会看到"),
    }
    problems = schemas.problems(schemas.ExtensionForm, given, words)
    if problems:
        return _page(case_id, given, problems, 422)
    loaded = schemas.ExtensionForm().load(given)
    try:
        transact(
            commands.extend_case, case_id, loaded["deadline"], loaded["until"], loaded["why"], actor=who(), now=moment()
        )
    except InvalidInput as refusal:
        return _page(case_id, given, {str(refusal.details.get("name") or "until"): refusal.text(language())}, 422)
    except (DeadlinePassed, WrongState) as refusal:
        return _page(case_id, given, {"deadline": refusal.text(language())}, 422)
    flash(
        gettext(
            "已延期到 %(day)s，提醒和定时器跟着移动，申报单位已收到通知。", day=written(loaded["until"], language())
        )
    )
    return redirect(f"/cases/{case_id}", 303)


def _page(case_id: int, given: dict[str, str], problems: dict[str, str], status: int) -> ResponseReturnValue:
    session, actor = db.session(), who()
    facts = case_page.facts(session, actor, case_id)
    require(actor, "keep-dates", facts.rule, moment())
    page = render_template(
        "pages/case_extend.html",
        section="cases",
        facts=facts,
        periods=extensions.periods_of(session, case_id, moment()),
        given=given,
        problems=problems,
    )
    return make_response(page, status)
