"""A centre's life: the calendar of what is owed, the centre's own page, and the one place where its matters begin."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from service.commands import cases as commands
from service.commands import centres as rules
from service.domain.register import is_struck_off
from service.programmes.manifest import Procedure
from service.queries import cases, centres, programmes, register
from service.queries.centres import Centre
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, this_day
from service.web.security import moment, signed_in, who

pages = Blueprint("centres", __name__)


@pages.get("/obligations")
@signed_in
def calendar() -> ResponseReturnValue:
    """What is owed by the centres the actor answers for, month by month; late ones first when asked for."""
    asked = schemas.query(schemas.ObligationsQuery)
    found = centres.obligations(db.session(), who(), this_day(), show=asked["show"], after=asked["after"])
    months = [(month, tuple(rows)) for month, rows in groupby(found.rows, key=lambda row: row.due_on.replace(day=1))]
    return render_template(
        "pages/obligations.html",
        section="obligations",
        months=months,
        asked=asked,
        next=found.next,
        today=this_day(),
        programmes=programmes.newest(db.session()),
    )


@pages.get("/centres/<int:entry_id>")
@signed_in
def show(entry_id: int) -> ResponseReturnValue:
    """One centre: its standing, what it owes, its cases, and what may be begun about it."""
    session, actor = db.session(), who()
    entry = centres.find(session, actor, entry_id)
    about = centres.cases_about(session, actor, entry)
    return render_template(
        "pages/centre.html",
        section="obligations",
        entry=entry,
        matters=_matters(entry),
        owed=centres.obligations(session, actor, this_day(), entry_id=entry_id, size=centres.MOST).rows,
        cases=about,
        most_cases=centres.MOST_CASES,
        certificates=centres.certificates(session, actor, entry, {case.case_id for case in about}),
        carried=centres.carried(session, entry, this_day()),
        changes=register.changes(session, entry_id),
        programme=programmes.newest(session).get(entry.programme),
    )


@pages.post("/centres/<int:entry_id>/start/<procedure>")
@signed_in
def start(entry_id: int, procedure: str) -> ResponseReturnValue:
    """Begin a matter about the centre and go to its first task."""
    actor = who()
    entry = centres.find(db.session(), actor, entry_id)
    case_id = transact(commands.start, entry.programme, procedure, entry_id=entry_id, actor=actor, now=moment())
    flash(gettext("已发起。"))
    task_id = cases.first_open_task(db.session(), actor, case_id)
    return redirect(f"/tasks/{task_id}" if task_id else f"/cases/{case_id}", 303)


def _matters(centre: Centre) -> list[Procedure]:
    """The procedures the actor may begin about the centre; nothing about one that was struck off."""
    session, actor = db.session(), who()
    programme = programmes.newest(session).get(centre.programme)
    if programme is None or is_struck_off(centre.state):
        return []
    path = programmes.authority_paths(session).get(programme.manifest.authority, "")
    place = rules.Place(centre.applicant_id, centre.units, centre.department)
    return [
        procedure
        for procedure in programme.procedures
        if procedure.start
        and procedure.subject == commands.ABOUT_ENTRY
        and commands.may_start(actor, programme.manifest, procedure, path)
        and rules.within_reach(actor, programme.manifest, procedure, place)
    ]
