"""Who is asking at a door for programs: a bearer token or HTTP Basic, never a cookie.

A browser keeps Basic credentials and sends them along unasked; so nothing here ever asks a browser for them, and what a
browser sends from another site is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from flask import g, request

from service.commands import api_tokens, sign_in, throttling
from service.domain.errors import NotAllowed, Refusal, Unavailable
from service.domain.identity import Actor
from service.queries import api_access
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.public import limits

EVERYTHING: Final = frozenset(api_tokens.SCOPES)
REMEMBERED: Final = throttling.WINDOWS["sign-in"]  # a program that asks all the time counts as one sign-in a window
MOST_REMEMBERED: Final = 1000
SEEN_EVERY: Final = timedelta(hours=1)
LONGEST_SECRET: Final = 300
NOBODY: Final = Actor(None, "")


class CredentialsRefused(Refusal):
    """No credentials, or none that are good."""

    code = "credentials-refused"
    zh = "需要有效的令牌（Authorization: Bearer …）或账号口令（Basic）。{zh}"
    en = "A valid token (Authorization: Bearer …) or login and password (Basic) is needed. {en}"


class ScopeMissing(NotAllowed):
    """The token is narrowed to other things."""

    code = "scope-missing"
    zh = "这个令牌的范围不含“{scope}”。"
    en = "This token does not have the scope “{scope}”."


def admit() -> None:
    """Set the actor and the scopes of this request. Raises CredentialsRefused."""
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise CredentialsRefused(zh="不接受其他网站发来的请求。", en="Requests from other sites are not accepted.")
    given = request.authorization
    if given is not None and given.type == "bearer" and given.token:
        _admit_token(given.token)
    elif given is not None and given.type == "basic":
        _admit_password(given.username or "", given.password or "")
    else:
        raise CredentialsRefused()


def demand(scope: str) -> None:
    """Raise ScopeMissing unless this request's credentials reach so far."""
    if scope not in g.scopes:
        raise ScopeMissing(scope=scope)


def _admit_token(token: str) -> None:
    if len(token) > LONGEST_SECRET:
        raise CredentialsRefused()
    found = api_access.by_token(db.session(), token, g.now)
    if found is None:
        raise CredentialsRefused()
    g.actor, g.scopes = found.actor, found.scopes
    if found.seen_at is None or g.now - found.seen_at >= SEEN_EVERY:
        with suppress(Unavailable):  # a busy database is no reason to refuse a program
            transact(api_tokens.note_use, found.token_id, actor=found.actor, now=g.now)


def _admit_password(login: str, password: str) -> None:
    if not login or not password or len(login) + len(password) > LONGEST_SECRET or "\0" in login:
        raise CredentialsRefused()
    found = api_access.account(db.session(), login.strip(), g.now)
    if found is not None and RECOGNISED.knows(login, password, found[1], g.now):
        g.actor, g.scopes = found[0], EVERYTHING
        return
    limits.count("sign-in")
    proof = sign_in.prove(login, password)
    refused = transact(sign_in.recognise, proof, request.remote_addr or "", actor=NOBODY, now=g.now)
    if isinstance(refused, Refusal):
        raise CredentialsRefused(zh=refused.text("zh"), en=refused.text("en"))
    found = api_access.account(db.session(), login.strip(), g.now)
    if found is None:
        raise CredentialsRefused()
    RECOGNISED.keep(login, password, found[1], g.now)
    g.actor, g.scopes = found[0], EVERYTHING


class Recognised:
    """Which passwords were right lately, so that a program that asks every second pays argon2, and is counted, once.

    Kept is a digest under a key that only this process knows, over login, password and the stored hash: a changed
    password, a lock or a closed account ends it at once, and nothing of it can be tried offline without the key.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._until: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, login: str, password: str, stored: str, now: datetime) -> bool:
        """Whether this was right less than REMEMBERED ago, and the stored hash is still the same."""
        with self._lock:
            until = self._until.get(self._digest(login, password, stored))
        return until is not None and now < until

    def keep(self, login: str, password: str, stored: str, now: datetime) -> None:
        """Remember that this was right."""
        with self._lock:
            self._until[self._digest(login, password, stored)] = now + REMEMBERED
            while len(self._until) > MOST_REMEMBERED:
                self._until.popitem(last=False)

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\0".join(parts).encode(), hashlib.sha256)


RECOGNISED: Final = Recognised()
