"""Asks a ClamAV daemon whether a file is infected, by its INSTREAM command over TCP or a Unix socket.

No answer is never taken for "clean": the caller keeps such a file back, or marks it where scanning is off.
"""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import dataclass
from typing import Literal, Protocol

Result = Literal["clean", "infected", "unavailable", "not-scanned"]
_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner said. `detail` is the signature's name, or why there is no answer."""

    result: Result
    detail: str = ""


class Scanner(Protocol):
    """Whoever can judge a file."""

    def scan(self, content: bytes) -> Verdict:
        """The verdict; never raises for a scanner that cannot be reached."""


class NoScanner:
    """Stands where no scanner is configured; every file bears the mark "not scanned"."""

    def scan(self, content: bytes) -> Verdict:
        """Nothing was looked at."""
        return Verdict("not-scanned")


class ClamAv:
    """A ClamAV daemon at `host:port` or at the path of a Unix socket (`/run/clamav/clamd.ctl`)."""

    def __init__(self, address: str, *, timeout_seconds: float = 30.0) -> None:
        self._address = address
        self._timeout = timeout_seconds

    def scan(self, content: bytes) -> Verdict:
        """Sends the content in one stream and reads the one answer."""
        try:
            with self._connection() as connection:
                return _verdict(_answer(connection, content))
        except (OSError, ValueError) as error:
            return Verdict("unavailable", f"{type(error).__name__}: {error}")

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
    try:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _CHUNK):
            part = content[start : start + _CHUNK]
            connection.sendall(struct.pack("!I", len(part)) + part)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # over its size limit the daemon answers and closes while we still send: the answer says so
    answer = b""
    while b"\0" not in answer and len(answer) < _LONGEST_ANSWER:
        part = connection.recv(_LONGEST_ANSWER)
        if not part:
            break
        answer += part
    return answer.split(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(answer: str) -> Verdict:
    if answer == "stream: OK":
        return Verdict("clean")
    found = re.fullmatch(r"stream: (.+) FOUND", answer)
    return Verdict("infected", found.group(1)) if found else Verdict("unavailable", answer or "no answer")
