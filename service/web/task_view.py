"""How one task is drawn: as it stands, after a refused submission, after a conflict, and after an autosave."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, make_response, render_template
from flask.typing import ResponseReturnValue

from service.commands import user_tasks as commands
from service.domain.access import may
from service.domain.errors import FileRefused, FormInvalid, NotFound, Refusal, StaleDraft
from service.domain.identity import Actor
from service.forms import FieldProblem, FormView, enter, view
from service.forms.places import control_id, parse_name
from service.programmes.task_forms import TaskForm
from service.queries import case_page, corrections, dockets, materials, objections, task_page, verbs
from service.queries.findings import findings
from service.queries.members import members
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import pairs, words
from service.web.errors import Face, refusal_face, status_of
from service.web.filling import filling
from service.web.i18n import gettext, language, moment_text, size_text
from service.web.menu import is_staff
from service.web.pairs import Pair
from service.web.security import READING_POLICY, moment


@dataclass
class Drawing:
    """What differs from the plain page: other data, problems, a refusal to tell, another version beside."""

    data: Mapping[str, Any] | None = None
    problems: Iterable[FieldProblem] = ()
    face: Face | None = None
    other: FormView | None = None
    locked: bool = False
    sheet: tuple[str, ...] = ()
    status: int = 200
    extra: dict[str, Any] = field(default_factory=dict)


def page(task_id: int, actor: Actor) -> ResponseReturnValue:
    """The task as it stands."""
    return _draw(task_id, actor, Drawing())


def judged(task_id: int, actor: Actor, entered: list[Pair], refusal: FormInvalid) -> ResponseReturnValue:
    """The form with its problems beside the fields; everything entered is kept as the draft first."""
    _keep(task_id, actor, entered)
    submission = refusal.details["submission"]
    return _draw(task_id, actor, Drawing(data=submission.shown, problems=submission.problems, status=422))


def kept(task_id: int, actor: Actor, entered: list[Pair], refusal: Refusal) -> ResponseReturnValue:
    """The page after somebody else was first, the period ended or a file was refused: the person's text stays on it."""
    told: list[FieldProblem] = []
    if isinstance(refusal, FileRefused):
        entered = [*entered, *refusal.details.get("kept", ())]
        name = str(refusal.details.get("field", ""))
        told = [FieldProblem(name, "", refusal.code, refusal.text("zh"), refusal.text("en"))]
    stale = isinstance(refusal, StaleDraft)
    if not stale:
        _keep(task_id, actor, entered)
    session = db.session()
    loaded = task_page.load(session, actor, task_id, moment())
    form = task_page.form_of(session, loaded, actor, moment())
    mine, _ = enter(
        form.compiled, entered, stored=form.given, roles=form.roles, variables=form.variables, functions=form.functions
    )
    other = (
        _view(task_id, form, form.given, materials.file_versions(session, loaded.case.id), readonly=True)
        if stale
        else None
    )
    drawing = Drawing(mine, told, None if told else refusal_face(refusal), other, status=status_of(refusal))
    drawing.locked = not (stale or told)
    try:
        return _draw(task_id, actor, drawing)
    except NotFound:  # with the task the person's part in the case has ended; the draft is kept all the same
        raise refusal from None


def saved(task_id: int, actor: Actor, shape: str) -> Response:
    """The answer to an autosave: the new revision; and the fields anew when an answer made others come or go."""
    session = db.session()
    loaded = task_page.load(session, actor, task_id, moment())
    form = task_page.form_of(session, loaded, actor, moment())
    shown = _view(task_id, form, form.given, materials.file_versions(session, loaded.case.id))
    now_shape = pairs.shape_of(shown)
    changed = bool(shape) and shape != now_shape
    response = make_response(
        render_template(
            "pages/task_saved.html",
            view=shown,
            revision=form.revision,
            shape=now_shape,
            changed=changed,
            filled=None if is_staff(actor) else filling(loaded, form, shown, moment()),
        )
    )
    if changed:
        response.headers["HX-Retarget"] = "#task-fields"
        response.headers["HX-Reswap"] = "innerMorph"
    return response


def refused_sheet(task_id: int, actor: Actor, entered: list[Pair], problems: tuple[str, ...]) -> ResponseReturnValue:
    """What is wrong with an uploaded sheet, row by row; nothing of it was taken, what else was entered is kept."""
    _keep(task_id, actor, entered)
    return _draw(task_id, actor, Drawing(sheet=problems, status=422))


def anchor_of(name: str) -> str:
    """The id of the control with this name."""
    return control_id(parse_name(name))


def _keep(task_id: int, actor: Actor, entered: list[Pair]) -> None:
    """Save what was entered over whatever draft there is; the page that follows shows it in any case."""
    session = db.session()
    loaded = task_page.load(session, actor, task_id, moment())
    revision = task_page.form_of(session, loaded, actor, moment()).revision
    try:
        transact(commands.save_draft, task_id, entered, revision, actor=actor, now=moment())
    except StaleDraft:
        return


def _draw(task_id: int, actor: Actor, drawing: Drawing) -> Response:
    session = db.session()
    loaded = task_page.load(session, actor, task_id, moment())
    facts = case_page.facts(session, actor, loaded.case.id, by_task=True)
    form = task_page.form_of(session, loaded, actor, moment()) if loaded.task.form else None
    editable = loaded.workable and not drawing.locked
    uploads = materials.file_versions(session, loaded.case.id)
    names = {code: one.name for code, one in uploads.items()}
    context: dict[str, Any] = {"shown": None, "shape": "", "submitted": None, "filled": None}
    if form is not None and (editable or drawing.data is not None):
        data = form.given if drawing.data is None else drawing.data
        context["shown"] = _view(task_id, form, data, uploads, readonly=not editable, problems=drawing.problems)
        context["shape"] = pairs.shape_of(context["shown"])
        if editable and facts.from_outside:
            context["filled"] = filling(loaded, form, context["shown"], moment())
    elif form is not None:
        context["submitted"] = task_page.submitted(session, loaded, form, language(), names)
    template = "pages/task_staff.html" if is_staff(actor) else "pages/task_counter.html"
    page_text = render_template(
        template,
        section="tasks",
        page=loaded,
        task=loaded.task,
        facts=facts,
        form=form,
        editable=editable,
        face=drawing.face,
        other=drawing.other,
        sheet=drawing.sheet,
        request_key=secrets.token_urlsafe(16),
        revision=form.revision if form else 0,
        **context,
        **_correction(actor, facts, form, context["shown"], names),
        **_beside(actor, loaded, facts, form, names),
    )
    response = make_response(page_text, drawing.status)
    response.headers["Content-Security-Policy"] = READING_POLICY
    return response


def _beside(
    actor: Actor,
    loaded: task_page.TaskPage,
    facts: case_page.CaseFacts,
    form: TaskForm | None,
    names: Mapping[str, str],
) -> dict[str, Any]:
    """What stands beside the form: the case's materials, findings, members, papers and files.

    Nothing of them, nor the way to the case, for an expert who has not answered the invitation yet.
    """
    session = db.session()
    ground = form.reading.ground if form else None
    told: dict[str, Any] = {
        "role_names": words.names_of(form.programme.manifest) if form else {},
        "documentation": _documentation(loaded, form),
    }
    if not may(actor, "see-case", facts.rule, moment()):
        told |= {"can": verbs.of_invitation(loaded.loaded), "case_open": False}
        lists = ("materials", "findings", "members", "papers", "files", "dispatched")
        return told | dict.fromkeys(lists, ()) | dict.fromkeys(("objection", "agenda", "panel"))
    # the panel is for the authority's own staff: experts are not to be approached
    known = may(actor, "see-objector", facts.rule, moment())
    return told | {
        "case_open": True,
        "can": verbs.of_loaded(session, actor, loaded.loaded, ground=loaded.ground, rule=facts.rule, now=moment()),
        "materials": materials.materials(session, actor, facts, language(), moment(), files=names, ground=ground),
        "findings": findings(session, facts.case_id, outside=facts.from_outside),
        "members": members(session, facts.case_id),
        "objection": objections.of_task(session, actor, facts.case_id, loaded.task.inputs, moment()),
        "agenda": dockets.agenda(session, facts.case_id),
        "dispatched": () if facts.applicant else dockets.dispatched(session, facts.case_id),
        "panel": dockets.panel(session, facts.case_id) if known else None,
        "papers": case_page.papers(session, actor, facts, form.programme.letters if form else {}),
        "files": case_page.files(session, actor, facts),
    }


def _documentation(loaded: task_page.TaskPage, form: TaskForm | None) -> str:
    """What the designer wrote about the task, for whoever does it."""
    if form is None:
        return ""
    element = form.programme.bundle.elements(loaded.task.process).get(loaded.task.element)
    return str(element.documentation or "") if element is not None else ""


def _view(
    task_id: int,
    form: TaskForm,
    data: Mapping[str, Any],
    uploads: Mapping[str, materials.FileVersion],
    *,
    readonly: bool = False,
    problems: Iterable[FieldProblem] = (),
) -> FormView:
    return view(
        form.compiled, data, roles=form.roles, variables=form.variables, functions=form.functions,
        problems=problems, readonly=readonly, lang=language(), files={code: one.name for code, one in uploads.items()},
        sheet_url="" if readonly else f"/tasks/{task_id}/lists/{{}}.xlsx", suggestions=_suggestions(form),
        file_notes={} if readonly else _file_notes(uploads),
    )  # fmt: skip


def _file_notes(uploads: Mapping[str, materials.FileVersion]) -> dict[str, str]:
    """Which version of its field an upload is, its size, its hash and when it was kept."""
    return {
        code: gettext(
            "第 %(version)d 版 · %(size)s · sha256 %(hash)s · %(at)s",
            version=one.version, size=size_text(one.size), hash=f"{one.sha256[:8]}…{one.sha256[-4:]}",
            at=moment_text(one.at),
        )
        for code, one in uploads.items()
    }  # fmt: skip


def _suggestions(form: TaskForm) -> dict[str, tuple[str, ...]]:
    """What the form's fields offer to choose from: the sections and fields of another form of the programme."""
    wanted = {str(node.properties.get("suggest") or "") for node in form.compiled.form.nodes} - {""}
    known = form.programme.forms
    return {name: corrections.fields_of(known[name]) for name in sorted(wanted) if name in known}


def _correction(
    actor: Actor, facts: case_page.CaseFacts, form: TaskForm | None, shown: FormView | None, names: Mapping[str, str]
) -> dict[str, Any]:
    """Of a correction: the applicant reads the defects with their fields, the reviewer what was changed since."""
    if form is None or not corrections.reads_notice(form.compiled):
        return {"defects": (), "changes": ()}
    session = db.session()
    if facts.from_outside:
        return {"defects": corrections.defects(session, facts.case_id, shown), "changes": ()}
    reader = corrections.Reader(materials.roles_in(actor, facts), language(), names)
    changed = corrections.changes(session, facts.case_id, "declaration", form.reading, reader)
    return {"defects": (), "changes": changed}
