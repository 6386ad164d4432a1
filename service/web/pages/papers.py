"""What a case can be had as on paper: its letters and forms as PDF, Word and Excel, and the whole dossier as a zip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue

from service.commands import taking_out
from service.commands.ports import ports
from service.delivery import dossier as archive
from service.delivery import spreadsheet, word
from service.delivery.markdown import blocks, has_wide_table
from service.domain.errors import NotFound
from service.programmes.compiled import compiled_of
from service.programmes.printing import issuer_of, printed
from service.queries import case_page, dossier, materials, task_page
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import markdown, trail_words
from service.web.download import attachment
from service.web.i18n import language, local
from service.web.public import limits
from service.web.security import moment, signed_in, who

pages = Blueprint("papers", __name__)

MEDIA_TYPES = {"pdf": "application/pdf", "docx": word.MEDIA_TYPE, "xlsx": spreadsheet.MEDIA_TYPE}
ENDINGS = "<any(pdf, docx, xlsx):ending>"
AT_ONCE = 256 * 1024


@pages.get("/cases/<int:case_id>/papers/<int:paper_id>")
@signed_in
def show(case_id: int, paper_id: int) -> ResponseReturnValue:
    """One issued letter on the screen."""
    facts = _paper_of(case_id, paper_id)
    found = case_page.paper(db.session(), case_id, paper_id)
    return render_template(
        "pages/paper.html",
        section="cases",
        facts=facts,
        paper=found,
        issuer=issuer_of(db.session(), found),
        body=markdown.to_html(found.body),
        has_tables=bool(spreadsheet.tables_in(found.body)),
        wide=has_wide_table(blocks(found.body)),
    )


@pages.get(f"/cases/<int:case_id>/papers/<int:paper_id>.{ENDINGS}")
@signed_in
def download(case_id: int, paper_id: int, ending: str) -> ResponseReturnValue:
    """The same letter as PDF (the kept document, or set anew where none was kept yet), Word, or its tables as Excel."""
    limits.count_own("document")
    _paper_of(case_id, paper_id)
    found = case_page.paper(db.session(), case_id, paper_id)
    forms = dossier.paper_forms(found, printed(db.session(), found, ports().base_url), _outside())
    if ending not in forms:
        raise NotFound()
    return attachment(make_response(forms[ending]()), f"{found.title}.{ending}", MEDIA_TYPES[ending])


@pages.get(f"/cases/<int:case_id>/materials/<int:submission_id>.{ENDINGS}")
@signed_in
def material(case_id: int, submission_id: int, ending: str) -> ResponseReturnValue:
    """One submitted form as this reader may see it, on paper: the declaration, an opinion, a record, scores."""
    limits.count_own("document")
    session, actor = db.session(), who()
    facts = case_page.facts(session, actor, case_id)
    one = materials.material(session, actor, facts, submission_id, language=language(), now=moment())
    if ending == "xlsx":
        raise NotFound()
    letter = dossier.form_letter(facts, one, ports().base_url, language())
    content = word.document(letter) if ending == "docx" else ports().documents.pdf(letter)
    return attachment(make_response(content), f"{letter.title}.{ending}", MEDIA_TYPES[ending])


@pages.get(f"/tasks/<int:task_id>/draft.{ENDINGS}")
@signed_in
def draft(task_id: int, ending: str) -> ResponseReturnValue:
    """What this person has entered so far, with 草稿 across each page; nobody else can have it."""
    limits.count_own("document")
    session, actor = db.session(), who()
    loaded = task_page.load(session, actor, task_id, moment())
    if not loaded.task.form or not loaded.workable or ending == "xlsx":
        raise NotFound()
    form = task_page.form_of(session, loaded, actor, moment())
    letter = dossier.draft_letter(session, loaded, form, language())
    content = word.document(letter) if ending == "docx" else ports().documents.pdf(letter)
    return attachment(make_response(content), f"{letter.title}.{ending}", MEDIA_TYPES[ending])


@pages.get("/cases/<int:case_id>/dossier.zip")
@signed_in
def whole(case_id: int) -> ResponseReturnValue:
    """Everything of the case that this reader may see, with a manifest of hashes; noted in the audit trail."""
    session, actor = db.session(), who()
    facts = case_page.facts(session, actor, case_id)
    limits.count_own("dossier")
    told = trail_words.action_word
    items = dossier.items(session, actor, facts, _outside(), language=language(), now=moment(), told=told)
    head = {
        "case": facts.number or str(case_id),
        "title": facts.title,
        "made_at": local(moment()).isoformat(timespec="seconds"),
        "made_for": actor.name,
    }
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last piece has gone out
    written = archive.write(file, items, head)
    transact(taking_out.note_dossier, case_id, written.files, written.size, written.sha256, actor=actor, now=moment())
    size = file.tell()
    file.seek(0)
    response = Response(_pieces(file))
    response.content_length = size
    response.call_on_close(file.close)
    return attachment(response, f"{facts.number or facts.title}.zip", "application/zip")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(AT_ONCE):
        yield piece


def _outside() -> dossier.Outside:
    given = ports()
    return dossier.Outside(given.documents, given.blobs, given.base_url)


def _paper_of(case_id: int, paper_id: int) -> case_page.CaseFacts:
    """The case of a paper; NotFound for a paper that is not the reader's."""
    session, actor = db.session(), who()
    facts = case_page.facts(session, actor, case_id)
    letters = compiled_of(session, facts.deployment_id).letters
    if all(row.paper_id != paper_id for row in case_page.papers(session, actor, facts, letters)):
        raise NotFound()
    return facts
