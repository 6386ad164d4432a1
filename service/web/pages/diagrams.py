"""The live diagram of a case: the designer's drawing, the marks on it, and its page with the same in words."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from service.queries import case_page, drawings, programmes, progress
from service.store.session import db
from service.web import schemas
from service.web.security import moment, signed_in, who

pages = Blueprint("diagrams", __name__, url_prefix="/cases/<int:case_id>/diagram")

MAX_DEPTH = 6


@pages.get("")
@signed_in
def show(case_id: int) -> ResponseReturnValue:
    """One drawing on its own page: the top process, or a called stage."""
    session, path = db.session(), _path()
    facts = case_page.facts(session, who(), case_id)
    known = drawings.drawings(session, facts.deployment_id)
    drawing = drawings.follow(known, facts.procedure, path)
    crumbs = [
        (drawings.follow(known, facts.procedure, path[:depth]), ",".join(path[:depth])) for depth in range(len(path))
    ]
    tasks = case_page.tasks(session, who(), case_id)
    marks = progress.marks(drawing, progress.where_is(session, case_id, path), tasks, moment())
    return render_template(
        "pages/diagram.html",
        section="cases",
        facts=facts,
        drawing=drawing,
        crumbs=crumbs,
        path=",".join(path),
        marks=marks,
    )


@pages.get("/source.bpmn")
@signed_in
def source(case_id: int) -> ResponseReturnValue:
    """The BPMN file itself, in the version the case is pinned to."""
    session = db.session()
    facts = case_page.facts(session, who(), case_id)
    drawing = drawings.follow(drawings.drawings(session, facts.deployment_id), facts.procedure, _path())
    content = programmes.file_content(session, facts.deployment_id, drawing.file)
    return Response(content, mimetype="application/xml")


@pages.get("/marks")
@signed_in
def marks(case_id: int) -> ResponseReturnValue:
    """Where the case is in that drawing, and which stages can be opened."""
    session, path = db.session(), _path()
    actor = who()
    facts = case_page.facts(session, actor, case_id)
    drawing = drawings.follow(drawings.drawings(session, facts.deployment_id), facts.procedure, path)
    tasks = case_page.tasks(session, actor, case_id)
    found = progress.marks(drawing, progress.where_is(session, case_id, path), tasks, moment())
    links = {
        shape.id: f"/cases/{case_id}/diagram?path={','.join([*path, shape.id])}"
        for shape in drawing.shapes
        if shape.called and len(path) < MAX_DEPTH
    }
    return jsonify(marks=found, links=links)


def _path() -> list[str]:
    """The call activities that lead to the drawing."""
    asked = schemas.query(schemas.DiagramQuery)
    return [element for element in asked["path"].split(",") if element][:MAX_DEPTH]
