"""A department sets the dates by which its own units declare, within what the authority's call leaves open."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import calls as commands
from service.domain.errors import InvalidInput
from service.queries.cut_offs import cut_offs
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext, language, this_day
from service.web.security import moment, signed_in, who

pages = Blueprint("cut_offs", __name__, url_prefix="/cut-offs")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The dates the department may set, each with the date it must not pass."""
    return _page({}, 200)


@pages.post("/<int:call_id>/<name>")
@signed_in
def choose(call_id: int, name: str) -> ResponseReturnValue:
    """Set one date."""
    place = f"{call_id}-{name}"
    try:
        on = date.fromisoformat(request.form.get("on", ""))
    except ValueError:
        return _page({place: gettext("请填写日期")}, 422)
    try:
        transact(commands.set_local_date, call_id, name, on, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _page({place: refusal.text(language())}, 422)
    flash(gettext("日期已保存，本单位归口的单位按这个日期申报。"))
    return redirect("/cut-offs", 303)


def _page(problems: dict[str, str], status: int) -> ResponseReturnValue:
    rows = cut_offs(db.session(), who(), this_day())
    return make_response(render_template("pages/cut_offs.html", section="home", rows=rows, problems=problems), status)
