"""Documents beside a checklist: PDF and pictures in a frame of our own pages, everything else as a download."""

from __future__ import annotations

import io
from collections.abc import Callable

from flask import Flask

from service.store.attachments import Attachment
from service.store.session import db
from tests.support.page_form import PDF
from tests.web.conftest import Browser

Browse = Callable[..., Browser]


def test_a_document_is_looked_at_in_a_frame_and_nothing_runs_in_it(site: Flask, browse: Browse) -> None:
    lead = browse("lead")
    task = lead.start()
    sent = {**lead.form(f"/tasks/{task}"), "project_file": (io.BytesIO(PDF), "方案.pdf"), "_draft": "1"}
    assert lead.post(f"/tasks/{task}", sent, content_type="multipart/form-data").status_code == 303
    with site.app_context():
        kept = db.session.query(Attachment).one()
        code = kept.code
    shown = lead.get(f"/attachments/{code}/view")
    assert (shown.data, shown.headers["Content-Disposition"]) == (PDF, "inline")
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "frame-src 'self'" in lead.get(f"/tasks/{task}").headers["Content-Security-Policy"]
    assert "frame-src" not in lead.get("/home").headers["Content-Security-Policy"]
    assert lead.get(f"/attachments/{code}").headers["Content-Disposition"].startswith("attachment")
    assert browse("stranger").get(f"/attachments/{code}/view").status_code == 404
    with site.app_context():
        kept = db.session.query(Attachment).one()
        kept.media_type = "image/svg+xml"
        db.session.commit()
    assert lead.get(f"/attachments/{code}/view").status_code == 404, "a picture that can hold a script is downloaded"
