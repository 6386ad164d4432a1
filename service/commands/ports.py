"""What commands reach outside the database: files, scanner, mail, documents; wired once by the application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from argon2 import PasswordHasher

from service.commands.digests import Hours
from service.delivery.blobs import Blobs
from service.delivery.documents import Documents
from service.delivery.mail import Mail
from service.delivery.scanning import Scanner
from service.store.session import of_application

NAME = "shenbao.ports"


@dataclass(frozen=True)
class Ports:
    """The parts of one application that are not rows. Without `mail` nothing is sent by mail, only in the service."""

    blobs: Blobs
    scanner: Scanner
    mail: Mail | None
    documents: Documents
    hasher: PasswordHasher
    base_url: str
    session_minutes: int
    development: bool
    secret: bytes  # keys what must not be traced back or forged
    tick_seconds: int
    metrics_token: str  # who bears it reads the figures; empty: nobody
    quiet_hours: Hours | None  # in which the clock's mails wait, if they are not urgent
    limits: Mapping[str, int]  # how often a sender may do what commands/throttling counts


def ports() -> Ports:
    """The ports of the application whose context this is."""
    return cast(Ports, of_application(NAME))
