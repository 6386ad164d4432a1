"""The figures of a programme for those who answer for it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service.domain.access import judging_paths
from service.domain.errors import NotAllowed, NotFound
from service.queries import dashboard as queries
from service.store.session import db
from service.web import schemas, words
from service.web.security import moment, signed_in, who

pages = Blueprint("dashboard", __name__, url_prefix="/dashboard")

SHOWN_LATE = 10


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """One programme of the reader's authority: the one asked for, or the first."""
    session, actor = db.session(), who()
    if not judging_paths(actor):
        raise NotAllowed(why_zh="看板给办理和审批案件的单位看。", why_en="The dashboard is for those who handle cases.")
    own = queries.programmes_of(session, actor)
    key = schemas.query(schemas.DashboardQuery)["programme"] or next(iter(own), "")
    if key and key not in own:
        raise NotFound()
    figures = queries.dashboard(session, actor, own[key], moment()) if key else None
    return render_template(
        "pages/dashboard.html",
        section="dashboard",
        own=own.values(),
        figures=figures,
        shown_late=SHOWN_LATE,
        measured=queries.MEASURED,
        role_names=words.names_of(figures.programme.manifest) if figures else {},
    )
