"""The audit trail for an auditor: to read, to narrow, and to verify."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service.queries import audit
from service.store.session import db
from service.web import filters, schemas
from service.web.menu import AUDITOR
from service.web.security import requires, who

pages = Blueprint("audit", __name__, url_prefix="/audit")


@pages.get("")
@requires(AUDITOR)
def index() -> ResponseReturnValue:
    """What was done, by whom and when, the newest first."""
    return _page(None)


@pages.post("/verify")
@requires(AUDITOR)
def verify() -> ResponseReturnValue:
    """Walk the whole chain and tell what was found."""
    return _page(audit.verify(db.session()))


def _page(report: object) -> ResponseReturnValue:
    session = db.session()
    asked = schemas.query(schemas.TrailQuery)
    return render_template(
        "pages/audit.html",
        section="audit",
        asked=asked,
        found=audit.page(session, who(), filters.of_trail(asked), asked["after"]),
        actions=audit.actions(session),
        report=report,
    )
