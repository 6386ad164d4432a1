"""How often one sender may search, verify, sign in or object; a reader's plain pages are not counted."""

from __future__ import annotations

from flask import request

from service.commands import throttling
from service.domain.identity import SYSTEM
from service.store.unit_of_work import transact
from service.web.security import moment


def count(what: str) -> None:
    """Count this request; raises TooManyAttempts, which is answered with 429 and when to come back."""
    transact(throttling.count, what, request.remote_addr or "", actor=SYSTEM, now=moment())
