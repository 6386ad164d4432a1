"""How often one sender may search, verify, sign in or object, and one account take out what costs much to make."""

from __future__ import annotations

from flask import request

from service.commands import throttling
from service.domain.identity import SYSTEM
from service.store.unit_of_work import transact
from service.web.security import moment, who


def count(what: str) -> None:
    """Count this request; raises TooManyAttempts, which is answered with 429 and when to come back."""
    transact(throttling.count, what, request.remote_addr or "", actor=SYSTEM, now=moment())


def count_own(what: str) -> None:
    """The same by account, from wherever it is used: a dossier, a document that is set, a list as a workbook."""
    actor = who()
    transact(throttling.count, what, f"account {actor.user_id}", actor=actor, now=moment())
