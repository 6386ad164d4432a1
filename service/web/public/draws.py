"""The record of a draw of experts, for whoever wants to draw again and compare."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from service.queries import draws
from service.store.session import db
from service.web.public.caching import cacheable
from service.web.security import public

pages = Blueprint("draws", __name__, url_prefix="/draws")


@pages.get("/<code>")
@public
@cacheable
def show(code: str) -> ResponseReturnValue:
    """The sealed pool, the seed, who was drawn by code, and how to draw again without this program."""
    return render_template("public/draw.html", draw=draws.find(db.session(), code))


@pages.get("/<code>.json")
@public
@cacheable
def record(code: str) -> ResponseReturnValue:
    """The same for programs."""
    return jsonify(draws.find(db.session(), code).as_json())


@pages.get("/<code>/pool.txt")
@public
@cacheable
def pool(code: str) -> ResponseReturnValue:
    """The sealed pool as the text that its digest is taken of."""
    return Response(draws.find(db.session(), code).pool_text, mimetype="text/plain")
