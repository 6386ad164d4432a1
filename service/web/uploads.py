"""The files of a posted form: each is kept by a command of its own before the form is judged."""

from __future__ import annotations

from flask import request

from service.commands import attachments
from service.domain.errors import FileRefused
from service.domain.identity import Actor
from service.store.unit_of_work import transact
from service.web.pairs import Pair
from service.web.security import moment

MAX_FILES = 20


def keep_all(task_id: int, actor: Actor) -> list[Pair]:
    """Keep every file that was sent; returns (field, code) as if the code had been entered.

    Raises FileRefused with `field` for the first that is not accepted; those kept before it are then in its `kept`.
    """
    kept: list[Pair] = []
    sent = [(field, upload) for field, upload in request.files.items(multi=True)
            if upload.filename and not field.startswith("_sheet:")]  # fmt: skip # a list as a sheet is no attachment
    for number, (field, upload) in enumerate(sent, start=1):
        try:
            if number > MAX_FILES:
                zh, en = f"一次最多上传 {MAX_FILES} 个文件", f"at most {MAX_FILES} files at once"
                raise FileRefused(name=upload.filename, zh=zh, en=en)
            file = attachments.examine(upload.filename or "", upload.stream)
            code = transact(attachments.keep, task_id, field, file, actor=actor, now=moment())
        except FileRefused as refusal:
            refusal.details.update(field=field, kept=kept)
            raise
        kept.append((field, code))
    return kept
