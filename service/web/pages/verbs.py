"""“更多操作”: one page for each verb on a task or a case, which says what follows and asks what it takes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, validate

from service.commands import verbs as commands
from service.domain.errors import InvalidInput, NotFound
from service.domain.verbs import CASE_VERBS, VERBS, Verb
from service.queries import asked, case_page, verbs
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.i18n import gettext, language
from service.web.i18n import lazy_gettext as _
from service.web.menu import is_staff
from service.web.security import moment, signed_in, who

pages = Blueprint("verbs", __name__)

_KEY = validate.Range(1, schemas.MAX_ID)
TAKEN: dict[str, fields.Field[Any]] = {
    "person": fields.Integer(required=True, validate=_KEY),
    "signature": fields.Integer(required=True, validate=_KEY),
    "place": fields.String(required=True, validate=validate.OneOf(["before", "after"])),
    "target": fields.String(required=True, validate=validate.Length(1, 400)),
    "way": fields.String(required=True, validate=validate.OneOf(["walk", "resume"])),
    "agrees": fields.Boolean(required=True),
    "due_on": fields.Date(required=True),
}
LABELS = {
    "person": _("人员"),
    "signature": _("哪一位"),
    "place": _("什么时候签"),
    "target": _("退回到哪一步"),
    "way": _("对方办完以后"),
    "agrees": _("您的意见"),
    "due_on": _("改到哪一天"),
    "reason": _("原因"),
}


@pages.get("/tasks/asked")
@signed_in
def index() -> ResponseReturnValue:
    """What others ask of me: signatures, and cases sent for reading."""
    session, actor, given = db.session(), who(), schemas.query(schemas.AskedQuery)
    return render_template(
        "pages/asked.html",
        section="tasks",
        asked=given,
        signing=asked.to_sign(session, actor, after=given["after"]),
        copies=asked.copies(session, actor, after=given["copies_after"]),
    )


@pages.get("/tasks/<int:task_id>/do/<key>")
@signed_in
def show(task_id: int, key: str) -> ResponseReturnValue:
    """The page of a verb on a task."""
    return _task_page(task_id, _known(VERBS, key), {}, None)


@pages.post("/tasks/<int:task_id>/do/<key>")
@signed_in
def do(task_id: int, key: str) -> ResponseReturnValue:
    """Do it, and go where the person goes on."""
    verb = _known(VERBS, key)
    if "find" in request.form:
        return _task_page(task_id, verb, dict(request.form), None)
    found = verbs.of_task(db.session(), who(), task_id, moment())
    try:
        given = _given(verb)
        transact(commands.do_task, key, task_id, given, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _task_page(task_id, verb, dict(request.form), refusal)
    flash(gettext("已%(verb)s。办理记录里可以看到。", verb=_name(verb)))
    if not _works_on(found):
        return redirect(f"/cases/{found.loaded.case.id}", 303)
    here = verbs.goes_on(db.session(), who(), task_id, moment())
    return redirect(f"/tasks/{task_id}" if here else "/tasks" if is_staff(who()) else "/home", 303)


@pages.get("/cases/<int:case_id>/do/<key>")
@signed_in
def show_case(case_id: int, key: str) -> ResponseReturnValue:
    """The page of a verb on a case."""
    return _case_page(case_id, _known(CASE_VERBS, key), {}, None)


@pages.post("/cases/<int:case_id>/do/<key>")
@signed_in
def do_case(case_id: int, key: str) -> ResponseReturnValue:
    """Do it, and show the case."""
    verb = _known(CASE_VERBS, key)
    case_page.facts(db.session(), who(), case_id)
    try:
        given = _given(verb)
        transact(commands.do_case, key, case_id, given, actor=who(), now=moment())
    except InvalidInput as refusal:
        return _case_page(case_id, verb, dict(request.form), refusal)
    flash(gettext("已%(verb)s。办理记录里可以看到。", verb=_name(verb)))
    return redirect(f"/cases/{case_id}", 303)


def _works_on(found: verbs.TaskVerbs) -> bool:
    """Whether the person came from the task; others came from its case."""
    return bool(found.standings & {"holder", "free", "delegate", "doer"})


def _known(table: dict[str, Verb], key: str) -> Verb:
    if key not in table or key in ("complete",):
        raise NotFound()
    return table[key]


def _schema(verb: Verb) -> type[Schema]:
    """What the verb's form may contain."""
    named = {name: TAKEN[name] for name in verb.takes}
    meta = type("Meta", (), {"unknown": EXCLUDE})
    return type("VerbForm", (Schema,), {**named, "reason": fields.String(load_default=""), "Meta": meta})


def _given(verb: Verb) -> dict[str, Any]:
    """The fields that were posted; what is wrong is named as the page names it."""
    try:
        return schemas.form(_schema(verb))
    except InvalidInput as refusal:
        named = str(LABELS.get(str(refusal.details.get("field")), refusal.details.get("field")))
        raise InvalidInput(field=named, zh="请检查这一项", en="please check this entry") from refusal


def _task_page(task_id: int, verb: Verb, given: dict[str, Any], refusal: InvalidInput | None) -> ResponseReturnValue:
    session, actor = db.session(), who()
    found = verbs.of_task(session, actor, task_id, moment())
    case = found.loaded.case
    if refusal is None:
        not_now = verb.why_not(found.standings, found.hindrances)
        if not_now is not None:
            raise not_now
    takes = set(verb.takes)
    text = render_template(
        "pages/verb.html",
        section="tasks",
        verb=verb,
        name=_name(verb),
        action=f"/tasks/{task_id}/do/{verb.key}",
        back=f"/tasks/{task_id}" if _works_on(found) else f"/cases/{case.id}",
        title=found.loaded.task.name,
        case=case,
        given=given,
        problem=refusal.text(language()) if refusal else "",
        people=verbs.people(session, actor, [found.loaded], moment(), given.get("person_name", "").strip())
        if "person" in takes
        else None,
        targets=verbs.targets(session, found.loaded, found.standings) if "target" in takes else (),
        signatures=found.signatures,
    )
    return make_response(text, 422 if refusal else 200)


def _case_page(case_id: int, verb: Verb, given: dict[str, Any], refusal: InvalidInput | None) -> ResponseReturnValue:
    session, actor = db.session(), who()
    facts = case_page.facts(session, actor, case_id)
    if refusal is None and verb not in verbs.of_case(session, actor, case_id, facts.rule, moment()):
        raise NotFound()
    text = render_template(
        "pages/verb.html",
        section="cases",
        verb=verb,
        name=_name(verb),
        action=f"/cases/{case_id}/do/{verb.key}",
        back=f"/cases/{case_id}",
        title=facts.title,
        case=facts,
        given=given,
        problem=refusal.text(language()) if refusal else "",
    )
    return make_response(text, 422 if refusal else 200)


def _name(verb: Verb) -> str:
    return verb.en if language() == "en" else verb.zh
