"""The uploaded files of a case, given out by the access to the case."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from service.commands import personal_data
from service.commands.attachments import note_scan
from service.commands.ports import ports
from service.domain.errors import InvalidInput, NotAllowed, NotFound, NotScanned
from service.queries import files
from service.queries.files import GIVEN_OUT, UNANSWERED, FileRef
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.download import VIEWED, attachment, viewed
from service.web.i18n import language
from service.web.security import moment, signed_in, who

pages = Blueprint("attachments", __name__, url_prefix="/attachments")


@pages.get("/<code>/view")
@signed_in
def view(code: str) -> ResponseReturnValue:
    """The same file in a frame of our own pages: a PDF or a picture, nothing else."""
    found = _scanned(code)
    if found.media_type not in VIEWED:
        raise NotFound()
    if found.is_masked:
        raise NotAllowed(
            why_zh="这个附件含个人信息，请下载它并写明原因。",
            why_en="This file holds personal data; download it and say why.",
        )
    return viewed(make_response(ports().blobs.read(found.sha256)), found.media_type)


@pages.get("/<code>")
@signed_in
def download(code: str) -> ResponseReturnValue:
    """One file; one with a virus is not given out, and one that holds personal data is asked a reason for."""
    found = _scanned(code)
    if found.is_masked:
        return _ask(code, found, "", 200)
    return attachment(make_response(ports().blobs.read(found.sha256)), found.name, found.media_type)


@pages.post("/<code>")
@signed_in
def reveal(code: str) -> ResponseReturnValue:
    """The file with personal data, this once, for a reason that stands in the audit trail."""
    found = _scanned(code)
    try:
        reason = schemas.form(schemas.ReasonForm)["reason"]
    except InvalidInput as refusal:
        return _ask(code, found, refusal.text(language()), 422)
    case_id = files.case_of(db.session(), code)
    transact(personal_data.reveal, case_id, reason, code, actor=who(), now=moment())
    return attachment(make_response(ports().blobs.read(found.sha256)), found.name, found.media_type)


def _ask(code: str, found: FileRef, problem: str, status: int) -> ResponseReturnValue:
    case_id = files.case_of(db.session(), code)
    page = render_template(
        "pages/attachment.html", section="cases", code=code, found=found, case_id=case_id, problem=problem
    )
    return make_response(page, status)


def _scanned(code: str) -> FileRef:
    """The file, if it may be given out; one that the scanner had not answered for is scanned now, outside any lock."""
    found = files.find(db.session(), who(), code, moment())
    if found.scan == UNANSWERED:
        verdict = ports().scanner.scan(ports().blobs.read(found.sha256))
        if verdict == UNANSWERED:
            raise NotScanned(name=found.name)
        transact(note_scan, code, verdict, actor=who(), now=moment())
        found = replace(found, scan=verdict)
    if found.scan not in GIVEN_OUT:
        raise NotFound()
    return found
