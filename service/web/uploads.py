"""The files of a posted form: each is kept by a command of its own before the form is judged."""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import FileStorage

from service.commands import attachments
from service.delivery.file_types import extensions
from service.domain.errors import FileRefused
from service.domain.identity import Actor
from service.forms import CompiledForm
from service.forms.places import parse_name, pattern_of
from service.queries import task_page
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.pairs import Pair
from service.web.security import moment

MAX_FILES = 20
PUBLIC_KINDS = ("pdf", "jpg", "png")
PUBLIC_BYTES = 20 * 1024 * 1024


def keep_all(task_id: int, actor: Actor) -> list[Pair]:
    """Keep every file that was sent; returns (field, code) as if the code had been entered.

    Raises FileRefused with `field` for the first that is not accepted; those kept before it are then in its `kept`.
    """
    kept: list[Pair] = []
    sent = [(field, upload) for field, upload in request.files.items(multi=True)
            if upload.filename and not field.startswith("_sheet:")]  # fmt: skip # a list as a sheet is no attachment
    form = _form_of(task_id, actor) if sent else None
    for number, (field, upload) in enumerate(sent, start=1):
        try:
            if number > MAX_FILES:
                zh, en = f"一次最多上传 {MAX_FILES} 个文件", f"at most {MAX_FILES} files at once"
                raise FileRefused(name=upload.filename, zh=zh, en=en)
            file = attachments.examine(upload.filename or "", upload.stream, allowed=_kinds(form, field))
            code = transact(attachments.keep, task_id, field, file, actor=actor, now=moment())
        except FileRefused as refusal:
            refusal.details.update(field=field, kept=kept)
            raise
        kept.append((field, code))
    return kept


def from_the_public(upload: FileStorage) -> attachments.Examined:
    """A file that somebody without an account sends: a document or a picture, of the size that the page says."""
    return attachments.examine(upload.filename or "", upload.stream, allowed=PUBLIC_KINDS, limit=PUBLIC_BYTES)


def _form_of(task_id: int, actor: Actor) -> CompiledForm | None:
    session = db.session()
    page = task_page.load(session, actor, task_id, moment())
    return task_page.form_of(session, page, actor, moment()).compiled if page.task.form else None


def _kinds(form: CompiledForm | None, field: str) -> tuple[str, ...]:
    """What the field takes: a browser's choice of files is only a help, the server holds to it."""
    node = form.patterns.get(pattern_of(parse_name(field))) if form is not None else None
    return extensions(str(node.raw.get("accept") or "") if node is not None else "")
