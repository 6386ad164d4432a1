"""Asks a ClamAV daemon whether a file is infected, by its INSTREAM command over TCP or a Unix socket.

No answer is never taken for "clean": the caller keeps such a file back, or marks it where scanning is off.
"""

from __future__ import annotations

import re
import socket
import struct
from typing import Literal, Protocol

import structlog

Verdict = Literal["clean", "infected", "unavailable", "not-scanned"]
log = structlog.get_logger(__name__)
_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096


class Scanner(Protocol):
    """Whoever can judge a file."""

    def scan(self, content: bytes) -> Verdict:
        """The verdict; never raises for a scanner that cannot be reached."""


class NoScanner:
    """Stands where no scanner is configured; every file bears the mark "not scanned"."""

    def scan(self, content: bytes) -> Verdict:
        """Nothing was looked at."""
        return "not-scanned"


class ClamAv:
    """A ClamAV daemon at `host:port` or at the path of a Unix socket (`/run/clamav/clamd.ctl`)."""

    def __init__(self, address: str, *, timeout_seconds: float = 30.0) -> None:
        self._address = address
        self._timeout = timeout_seconds

    def scan(self, content: bytes) -> Verdict:
        """Sends the content in one stream and reads the one answer."""
        try:
            with self._connection() as connection:
                answer = _answer(connection, content)
        except (OSError, ValueError) as error:
            answer = f"{type(error).__name__}: {error}"
        verdict = _verdict(answer)
        if verdict != "clean":
            # what the daemon said, with the signature's name, is for the operator; people see the verdict
            log.warning("file-not-clean", verdict=verdict, answer=answer, size=len(content))
        return verdict

    def _connection(self) -> socket.socket:
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
            return connection
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self._timeout)


def scanner(address: str) -> Scanner:
    """The scanner at this address; with an empty address, scanning is off."""
    return ClamAv(address) if address else NoScanner()


def _answer(connection: socket.socket, content: bytes) -> str:
    connection.sendall(b"zINSTREAM\0")
    for start in range(0, len(content), _CHUNK):
        part = content[start : start + _CHUNK]
        connection.sendall(struct.pack("!I", len(part)) + part)
    connection.sendall(struct.pack("!I", 0))
    answer = b""
    while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
        part = connection.recv(_LONGEST_ANSWER)
        if not part:
            break
        answer += part
    return answer.split(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(answer: str) -> Verdict:
    if answer == "stream: OK":
        return "clean"
    return "infected" if re.fullmatch(r"stream: .+ FOUND", answer) else "unavailable"
