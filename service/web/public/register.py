"""The public register and the proof of a paper by its code."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from service.domain.register import is_struck_off
from service.queries import objections, programmes, register
from service.store.session import db
from service.web import schemas
from service.web.public import limits
from service.web.public.caching import cacheable
from service.web.security import moment, public

pages = Blueprint("register", __name__)

RECENT = 10  # changes of the whole register beside the list
STATES = ("operating", "constructing", "rectifying", "filed", "revoked", "dissolved", "promoted")


@pages.get("/register")
@public
@cacheable
def index() -> ResponseReturnValue:
    """Every entry, revoked ones too, by name, unit, programme and standing."""
    asked = schemas.query(schemas.RegisterQuery)
    if asked["q"]:
        limits.count("search")
    session = db.session()
    found = register.page(
        session, text=asked["q"], programme=asked["programme"], state=asked["state"], after=asked["after"]
    )
    return render_template(
        "public/register.html",
        section="register",
        found=found,
        asked=asked,
        states=STATES,
        programmes=programmes.newest(session),
        changes=register.changes(session, size=RECENT),
    )


@pages.get("/register/<path:number>")
@public
@cacheable
def show(number: str) -> ResponseReturnValue:
    """One entry with its members and the record of its changes."""
    session = db.session()
    entry = register.find(session, number)
    return render_template(
        "public/entry.html",
        section="register",
        entry=entry,
        members=register.members(entry),
        changes=register.changes(session, entry.entry_id),
        programme=programmes.newest(session).get(entry.programme),
    )


@pages.get("/verify")
@public
def verify() -> ResponseReturnValue:
    """Whether a paper with this code was issued and still holds; or how far the objection with it has come."""
    asked = schemas.query(schemas.VerifyQuery)
    code = _normal(asked["code"])
    if code:
        limits.count("verification")
    proof = register.prove(db.session(), code) if code else None
    objection = objections.progress(db.session(), code) if code and proof is None else None
    page = render_template(
        "public/verify.html",
        section="verify",
        code=asked["code"],
        proof=proof,
        objection=objection,
        dead=proof is not None and is_struck_off(proof.entry_state),
        at=moment(),
    )
    return make_response(page, 404 if code and proof is None and objection is None else 200)


def _normal(code: str) -> str:
    """A code as it is stored; people write 0 for O and small letters, and leave dashes out."""
    return code.strip().upper().replace(" ", "").replace("—", "-").replace("–", "-")
