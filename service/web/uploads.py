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
    for field, upload in list(request.files.items(multi=True))[:MAX_FILES]:
        if not upload.filename:
            continue
        try:
            code = transact(attachments.keep, task_id, field, upload.filename, upload.stream, actor=actor, now=moment())
        except FileRefused as refusal:
            refusal.details.update(field=field, kept=kept)
            raise
        kept.append((field, code))
    return kept
