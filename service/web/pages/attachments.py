"""The uploaded files of a case, given out by the access to the case."""

from __future__ import annotations

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from service.commands.ports import ports
from service.domain.errors import NotFound
from service.queries import files
from service.store.session import db
from service.web.download import VIEWED, attachment, viewed
from service.web.security import moment, signed_in, who

pages = Blueprint("attachments", __name__, url_prefix="/attachments")


@pages.get("/<code>/view")
@signed_in
def view(code: str) -> ResponseReturnValue:
    """The same file in a frame of our own pages: a PDF or a picture, nothing else."""
    found = files.find(db.session(), who(), code, moment())
    if found.scan == "infected" or found.media_type not in VIEWED:
        raise NotFound()
    return viewed(make_response(ports().blobs.read(found.sha256)), found.media_type)


@pages.get("/<code>")
@signed_in
def download(code: str) -> ResponseReturnValue:
    """One file; one with a virus is not given out."""
    found = files.find(db.session(), who(), code, moment())
    if found.scan == "infected":
        raise NotFound()
    return attachment(make_response(ports().blobs.read(found.sha256)), found.name, found.media_type)
