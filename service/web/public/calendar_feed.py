"""A person's deadlines as a calendar to subscribe to, under a secret address that ends with its token."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from service.commands.ports import ports
from service.delivery import icalendar
from service.domain.deadlines import local_date
from service.domain.due_sentence import sentence
from service.domain.errors import NotFound
from service.domain.identity import Actor
from service.domain.written import written
from service.queries import api_access, inbox
from service.queries.inbox import InboxRow
from service.store.session import db
from service.web.public import limits
from service.web.security import moment, public

pages = Blueprint("calendar_feed", __name__, url_prefix="/calendar")

SCOPE = "calendar"
MOST = 500  # of each part of the inbox, the earliest due first


@pages.get("/<token>.ics")
@public
def show(token: str) -> ResponseReturnValue:
    """The dated tasks that are in the inbox of the token's owner now; an address that does not hold is not found."""
    limits.count("calendar")
    now, session = moment(), db.session()
    bearer = api_access.by_token(session, token, now)
    if bearer is None or SCOPE not in bearer.scopes:
        raise NotFound()
    actor = bearer.actor
    rows = {row.task_id: row for scope in _SCOPES for row in inbox.page(session, actor, scope, size=MOST).rows}
    entries = [_entry(row, row.due_at, actor) for row in rows.values() if row.due_at is not None]
    name = f"Shenbao: {actor.name}" if actor.language == "en" else f"申报期限：{actor.name}"
    response = make_response(icalendar.calendar(name, entries, stamp=now))
    response.mimetype = icalendar.MEDIA_TYPE
    response.headers["Cache-Control"] = "private, max-age=300"
    return response


_SCOPES: tuple[inbox.Scope, ...] = ("mine", "groups")


def _entry(row: InboxRow, due_at: datetime, actor: Actor) -> icalendar.Entry:
    """A day for what may be done until midnight, an instant for what is over at an hour."""
    whole_day = written(due_at).endswith("24:00")
    last = local_date(due_at - datetime.resolution)
    reason = sentence(row.due_reason, actor.language) if row.due_reason else ""
    return icalendar.Entry(
        uid=f"task-{row.task_id}@shenbao",
        on=last if whole_day else due_at,
        title=f"{row.name}：{row.case_title}",
        text="\n".join(part for part in (row.case_number or "", written(due_at, actor.language), reason) if part),
        url=f"{ports().base_url}/tasks/{row.task_id}",
    )
