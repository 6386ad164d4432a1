"""Cases: the list, “where is my case”, what was submitted in it, and its withdrawal."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import cases as commands
from service.commands import dated_events, personal_data
from service.domain.access import may
from service.domain.errors import InvalidInput, NotAllowed, NotFound
from service.domain.identity import Actor
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.queries import (
    case_links,
    case_page,
    cases,
    dockets,
    drawings,
    explained,
    materials,
    programmes,
    progress,
    verbs,
)
from service.queries.findings import findings
from service.queries.members import members
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import filters, schemas, words
from service.web.i18n import gettext, language
from service.web.security import moment, signed_in, who

# Events that publishing, filing, a duty that is due and the like record themselves.
RECORDED_BY_OPERATIONS = frozenset({"notice-published", "registered", "filed", "papers-sent", "duty-due"})

pages = Blueprint("cases", __name__, url_prefix="/cases")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The cases this person may see, the newest first."""
    asked = schemas.query(schemas.CasesQuery)
    session, known = db.session(), programmes.newest(db.session())
    seen = cases.programmes(session, who(), known)
    return render_template(
        "pages/cases.html",
        section="cases",
        asked=asked,
        found=cases.page(session, who(), filters.of_cases(asked), after=asked["after"]),
        programmes={key: one for key, one in known.items() if key in seen or key == asked["programme"]},
    )


@pages.get("/<int:case_id>")
@signed_in
def show(case_id: int) -> ResponseReturnValue:
    """Where the case is: who has it, until when and why, what comes next; the live diagram and the same in words."""
    actor, session = who(), db.session()
    facts = case_page.facts(session, actor, case_id)
    compiled = compiled_of(session, facts.deployment_id)
    tasks = case_page.tasks(session, actor, case_id)
    drawn = drawings.drawings(session, facts.deployment_id)
    top = drawn.get(facts.procedure)
    known = may(actor, "see-objector", facts.rule, moment())
    return render_template(
        "pages/case_counter.html" if facts.from_outside else "pages/case_staff.html",
        section="cases",
        facts=facts,
        programme=compiled.manifest,
        version=programmes.of_deployment(session, facts.deployment_id).version,
        tasks=tasks,
        open_tasks=[task for task in tasks if task.status == "open"],
        my_tasks=[task for task in tasks if task.mine],
        stations=progress.stations(top, tasks, facts.ended_at) if top else (),
        history=case_page.history(session, actor, facts),
        deadlines=case_page.deadlines(session, case_id),
        incidents=case_page.open_incidents(session, case_id),
        papers=case_page.papers(session, actor, facts, compiled.letters),
        files=case_page.files(session, actor, facts),
        members=members(session, case_id),
        related=case_links.links(session, actor, case_id),
        findings=findings(session, case_id, outside=facts.from_outside),
        agenda=dockets.agenda(session, case_id),
        dispatched=() if facts.applicant else dockets.dispatched(session, case_id),
        panel=dockets.panel(session, case_id) if known else None,
        events=_events(facts, compiled) if known else {},
        extendable=facts.ended_at is None and may(actor, "keep-dates", facts.rule, moment()),
        withdrawable=_may_withdraw(actor, facts, compiled),
        case_verbs=verbs.of_case(session, actor, case_id, facts.rule, moment()),
        role_names=words.names_of(compiled.manifest),
    )


@pages.get("/<int:case_id>/materials")
@signed_in
def material(case_id: int) -> ResponseReturnValue:
    """Everything submitted in the case, as this reader may see it."""
    return _materials(case_id)


@pages.get("/<int:case_id>/materials/print")
@signed_in
def printed_material(case_id: int) -> ResponseReturnValue:
    """The same with every form drawn: what is folded would not be printed."""
    return _materials(case_id, whole=True)


@pages.get("/<int:case_id>/materials/<int:submission_id>")
@signed_in
def one_material(case_id: int, submission_id: int) -> ResponseReturnValue:
    """One submitted form: as a page, or for the place where it was unfolded."""
    actor, session = who(), db.session()
    facts = case_page.facts(session, actor, case_id)
    one = materials.material(session, actor, facts, submission_id, language=language(), now=moment())
    if request.headers.get("HX-Request"):
        return render_template("pages/material_unfolded.html", one=one, facts=facts)
    return render_template("pages/materials.html", section="cases", facts=facts, materials=(one,), files=())


@pages.post("/<int:case_id>/materials/reveal")
@signed_in
def reveal(case_id: int) -> ResponseReturnValue:
    """The same with personal data unmasked, this once, for a reason that stands in the audit trail."""
    case_page.facts(db.session(), who(), case_id)
    try:
        given = schemas.form(schemas.ReasonForm)
        transact(personal_data.reveal, case_id, given["reason"], actor=who(), now=moment())
    except InvalidInput:
        problem = gettext("请写明原因，2 到 500 字；原因记入操作记录")
        return make_response(_materials(case_id, problem=problem), 422)
    return make_response(_materials(case_id, whole=True, revealed=True))


@pages.get("/<int:case_id>/decisions")
@signed_in
def decisions(case_id: int) -> ResponseReturnValue:
    """Why the rules came out as they did, rule by rule with its article; for staff."""
    actor, session = who(), db.session()
    facts = case_page.facts(session, actor, case_id)
    if facts.from_outside:
        raise NotFound()
    known = may(actor, "see-objector", facts.rule, moment())
    return render_template(
        "pages/decisions.html",
        section="cases",
        facts=facts,
        decisions=explained.explained(session, case_id, facts.deployment_id, confidential=known),
    )


@pages.post("/<int:case_id>/withdraw")
@signed_in
def withdraw(case_id: int) -> ResponseReturnValue:
    """Withdraw the own declaration, with a reason that the office reads."""
    case_page.facts(db.session(), who(), case_id)
    given = schemas.form(schemas.ReasonForm)
    transact(commands.withdraw, case_id, given["reason"], actor=who(), now=moment())
    flash(gettext("已撤回。办理记录保留，可以重新申报。"))
    return redirect(f"/cases/{case_id}", 303)


@pages.post("/<int:case_id>/events")
@signed_in
def record_event(case_id: int) -> ResponseReturnValue:
    """Record on which day something happened that starts a period, such as a training; the authority's staff only."""
    actor, session = who(), db.session()
    facts = case_page.facts(session, actor, case_id)
    given = schemas.form(schemas.EventForm)
    offered = _events(facts, compiled_of(session, facts.deployment_id))
    if given["name"] not in offered:
        raise NotAllowed(why_zh="日期由主办单位的人员记录。", why_en="The authority's staff record it.")
    transact(dated_events.record_event, case_id, given["name"], given["on"], actor=actor, now=moment())
    flash(gettext("已记录，有关期限从这一天起算。"))
    return redirect(f"/cases/{case_id}", 303)


def _materials(case_id: int, *, whole: bool = False, revealed: bool = False, problem: str = "") -> str:
    actor, session = who(), db.session()
    facts = case_page.facts(session, actor, case_id)
    return render_template(
        "pages/materials.html",
        section="cases",
        facts=facts,
        whole=whole,
        revealed=revealed,
        problem=problem,
        reason=request.form.get("reason", ""),
        materials=materials.materials(session, actor, facts, language(), moment(), revealed=revealed, whole=whole),
        files=case_page.files(session, actor, facts),
    )


def _events(facts: case_page.CaseFacts, compiled: CompiledProgramme) -> dict[str, str]:
    """The events that start a period of this programme and that a person records, each with the periods it starts."""
    started: dict[str, list[str]] = {}
    in_english = language() == "en"
    for rule in compiled.manifest.deadlines.values():
        if facts.ended_at is None and rule.event and rule.event not in RECORDED_BY_OPERATIONS:
            word = rule.since[1 if in_english else 0]
            started.setdefault(rule.event, [word]).append(rule.name_en or rule.name if in_english else rule.name)
    return {
        event: gettext("%(event)s（起算：%(periods)s）", event=named, periods="、".join(periods))
        for event, (named, *periods) in started.items()
    }


def _may_withdraw(actor: Actor, facts: case_page.CaseFacts, compiled: CompiledProgramme) -> bool:
    """Whether the button is shown; the command judges again."""
    procedure = compiled.manifest.procedures.get(facts.procedure)
    own = facts.applicant is not None and facts.applicant.organisation_id == actor.organisation_id
    if not own or procedure is None or (procedure.start and not actor.holds(procedure.start)):
        return False
    return procedure.withdraw and facts.ended_at is None and facts.papers_sent_at is None
