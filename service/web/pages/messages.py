"""The notifications of a person."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import messages as commands
from service.queries import messages
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import markdown, schemas
from service.web.i18n import language
from service.web.security import moment, signed_in, who

pages = Blueprint("messages", __name__, url_prefix="/messages")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The newest first, unread ones in bold."""
    asked = schemas.query(schemas.PageQuery)
    found = messages.page(db.session(), who(), asked["after"], language=language())
    return render_template(
        "pages/messages.html", section="messages", found=found, asked=asked, to_html=markdown.to_html
    )


@pages.post("/read")
@signed_in
def read() -> ResponseReturnValue:
    """Mark one message, or all, as read."""
    given = request.form.get("message", "")
    transact(
        commands.mark_read,
        int(given) if given.isdecimal() and len(given) < 19 else None,
        actor=who(),
        now=moment(),
    )
    return redirect("/messages", 303)
