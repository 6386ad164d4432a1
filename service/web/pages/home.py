"""The first page after signing in: whose turn it is and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from service.commands import cases as commands
from service.domain.identity import Actor
from service.programmes.manifest import Manifest
from service.queries import calls, cases, centres, inbox, operations, programmes, units
from service.queries.cut_offs import cut_offs
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import menu
from service.web.i18n import gettext, this_day
from service.web.present import due_heading, grouped
from service.web.security import moment, signed_in, who

pages = Blueprint("home", __name__)

FIRST = 12
AT_THE_COUNTER = 50  # cases, and tasks, of an applicant's first page


@pages.get("/home")
@signed_in
def home() -> ResponseReturnValue:
    """By role: staff see what is due, applicants whose turn it is, experts their tasks."""
    actor = who()
    return _staff(actor) if menu.is_staff(actor) else _counter(actor)


@pages.post("/cases/start/<programme>/<procedure>")
@signed_in
def start(programme: str, procedure: str) -> ResponseReturnValue:
    """Start a case and go to its first task."""
    actor = who()
    case_id = transact(commands.start, programme, procedure, actor=actor, now=moment())
    flash(gettext("已开始，草稿会自动保存；提交之前别人看不到。"))
    task_id = cases.first_open_task(db.session(), actor, case_id)
    return redirect(f"/tasks/{task_id}" if task_id else f"/cases/{case_id}", 303)


def _house(actor: Actor) -> ResponseReturnValue:
    """Who only designs, runs or audits the house: what stands still, and the way to each desk."""
    session, administers = db.session(), actor.holds(menu.ADMINISTRATOR)
    return render_template(
        "pages/home_house.html",
        section="home",
        stuck=len(operations.incidents(session, actor)) if administers else 0,
        late=operations.clock(session, moment()).overdue_timers if administers else 0,
        unpublished=calls.unpublished_year(session, this_day()) if administers else None,
    )


def _staff(actor: Actor) -> ResponseReturnValue:
    if menu.only_house(actor):
        return _house(actor)
    session, known = db.session(), programmes.newest(db.session())
    rows = inbox.next_acts(session, actor, FIRST)
    groups = {group.title: group.rows for group in grouped(rows, moment())}
    urgent = {due_heading(row, moment()) for row in rows} & {gettext("已逾期"), gettext("今天到期")}
    return render_template(
        "pages/home_staff.html",
        section="home",
        groups=groups,
        urgent=[row for row in rows if due_heading(row, moment()) in urgent],
        later=[row for row in rows if due_heading(row, moment()) not in urgent],
        recent=cases.page(session, actor, size=6).rows,
        startable=_startable(actor, known),
        cut_offs=cut_offs(session, actor, this_day(), known),
        programmes=known,
    )


def _counter(actor: Actor) -> ResponseReturnValue:
    session, known = db.session(), programmes.newest(db.session())
    tasks = inbox.next_acts(session, actor, AT_THE_COUNTER)
    turn: dict[int, list[inbox.InboxRow]] = {}
    for row in tasks:
        turn.setdefault(row.case_id, []).append(row)
    page = cases.page(session, actor, size=AT_THE_COUNTER)
    mine = page.rows
    return render_template(
        "pages/home_counter.html",
        section="home",
        tasks=tasks,
        turn=turn,
        running=sorted((case for case in mine if case.ended_at is None), key=lambda case: case.case_id not in turn),
        ended=[case for case in mine if case.ended_at is not None],
        most=AT_THE_COUNTER,
        more_cases=bool(page.next),
        startable=_startable(actor, known),
        led=centres.led_by(session, actor),
        programmes=known,
    )


def takes_units_of(manifest: Manifest, department: str, authority: str) -> bool:
    """Whether units of this department may declare: all may where units declare to the authority itself."""
    return not manifest.department_roles or (bool(authority) and department.startswith(authority))


def _startable(actor: Actor, known: Mapping[str, programmes.ProgrammeRow]) -> list[dict[str, Any]]:
    """The procedures this actor may start, by programme; a rule that has expired takes nothing new.

    A unit is not offered a programme whose authority its own department does not belong to.
    """
    found, session = [], db.session()
    paths, department = programmes.authority_paths(session), units.department_path(session, actor)
    for programme in known.values():
        path = paths.get(programme.manifest.authority, "")
        if menu.is_applicant(actor) and not takes_units_of(programme.manifest, department, path):
            continue
        own = [
            procedure
            for procedure in programme.procedures
            if procedure.start
            and procedure.subject != commands.ABOUT_ENTRY  # those begin on the centre's own page
            and commands.may_start(actor, programme.manifest, procedure, path)
        ]
        if own and programme.status != "expired":
            found.append({"programme": programme, "procedures": own})
    return found
